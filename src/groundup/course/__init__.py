"""The course's engine: lessons, exercises, progress, review and focus. It knows no model and no screen.

blocks.py     what a lesson is made of
lesson.py     `lesson.md` to typed blocks
exercise.py   an exercise's folder
catalogue.py  all lessons, in order, and what each needs
"""
