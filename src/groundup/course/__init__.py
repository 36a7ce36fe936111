"""The course's engine: lessons, exercises, progress, review and focus. It knows no model and no screen.

Each sub-package imports only those above it in this list:

lessons/      what a lesson is made of, and the course that lists them
grading/      a learner's file is checked in a process of its own
progress/     what a learner did, and what follows from it
authoring/    new lessons, imported courses, and the check of a lesson
"""
