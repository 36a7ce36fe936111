"""Progress: what a learner did, stored as events, and what follows from them."""
