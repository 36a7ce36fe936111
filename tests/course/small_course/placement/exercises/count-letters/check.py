from groundup.course.checks import example

CHECKS = [
    example("count_letters", ("a b",), 2),
]
