from groundup.course.grading.checks import example

CHECKS = [
    example("add_up", ([1.0, 2.0],), 3.0),
]
