"""The studio: the course and the laboratory in the browser. It shows what the engine, the lenses and the runs know,
and passes on what a person does; it decides nothing itself."""
