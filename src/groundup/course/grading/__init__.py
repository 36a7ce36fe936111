"""Grading: a learner's file and an exercise's checks go into a process of their own, a verdict comes out.

checks.py     what an exercise's `check.py` is written with
grader.py     starts the process and reads its verdict
child.py      that process
sandbox.py    what the process may not do
"""
