from groundup.course.grading.checks import example

CHECKS = [
    example("halve", (3.0,), 1.5),
]
