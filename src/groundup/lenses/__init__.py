"""Lenses: look inside a model. Each file has `trace(model, text, ...)`, which gives plain arrays with labels.

subject.py      what is looked at: a run, or a model with its tokenizer
activations.py  the one mechanism: record, or change, a number anywhere inside
anatomy.py      which numbers our five models have, under the field's usual names
trace.py        what all traces share: `.plot()`, `.to_json()`, `.save(path)`
"""
