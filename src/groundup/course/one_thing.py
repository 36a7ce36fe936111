"""Whether a lesson shows one thing at a time, or all below each other: a choice that is remembered."""

from groundup.course.store import Store

ONE_THING = "one-thing"  # the name of the setting


def one_thing(store: Store) -> bool:
    chosen = store.events("setting", ONE_THING)
    return bool(chosen and chosen[-1].data.get("value"))


def set_one_thing(store: Store, on: bool) -> None:
    store.add("setting", ONE_THING, value=on)
