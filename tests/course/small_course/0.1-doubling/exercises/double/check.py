from groundup.course.grading.checks import example

CHECKS = [
    example("double", (3.0,), 6.0),
    example("double", (-1.0,), -2.0),
]
