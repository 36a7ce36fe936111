"""Lessons as data: what a lesson is made of, how its files are read, and the course that lists them.

items.py        the types of item in a lesson
lesson.py       `lesson.md` to typed items
exercise.py     an exercise's folder
catalogue.py    all lessons, in order, and what each needs
parts.py        the Python of a lesson: experiments and pictures
"""
