from groundup.course.checks import example

CHECKS = [
    example("halve", (3.0,), 1.5),
]
