"""Authoring: new lessons, imported courses, and the check of a lesson before learners see it."""
