from groundup.course.grading.checks import example

CHECKS = [
    example("count_letters", ("a b",), 2),
]
