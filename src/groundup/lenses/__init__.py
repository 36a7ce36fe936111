"""Lenses: look inside a model. Each has `trace(model, text, ...)`, which gives plain arrays with labels.

What all of them stand on:

registry.py      what the command line, the studio and notebooks know of each: the entry `LENS` of its file
hooked_model.py  a model with its tokenizer, ready for the lenses; hf.py brings those of transformers
activations.py   the one mechanism: record, or patch, a number anywhere inside
hook_points.py   which numbers a model has, under the field's usual names
trace.py         what all traces share: `.plot()`, `.to_json()`, `.save(path)`

The lenses:

attention.py, head.py, ablation.py      where heads look; one head number by number; what each is worth
gates.py, gradient_flow.py              what recurrent layers keep; how far back a gradient gets
next_token.py, tree.py                  how the next token is chosen; what could come after
logit_lens.py, residual.py              what each layer would say; what each part adds
embeddings.py, neighbours.py            vectors on a plane; who is near whom
weights.py, tokens.py, merges.py        what a model is made of; how texts are cut, and how the cuts were learnt
training.py, diagnosis.py               how a training went, and in words what was wrong
alignment.py                            where an encoder-decoder looked while it wrote
"""
