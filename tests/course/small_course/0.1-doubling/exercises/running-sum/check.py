from groundup.course.grading.checks import example

CHECKS = [
    example("running_sum", ([1.0, 2.0, 3.0],), [1.0, 3.0, 6.0]),
]
