"""Models that were not trained here: what is found, what a page may name, and a look into one."""

import json
import re

import httpx
import pytest
from page_checks import violations
from playwright.sync_api import expect

from groundup.common.errors import GroundupError
from groundup.lenses.attention import trace
from groundup.studio.look import lenses_for
from groundup.studio.real_models import looked_into, models_folder, real_models

TEXT = "to be, or not"


@pytest.fixture
def tiny(home):
    """A GPT-2 of transformers, as it is saved, in the folder for models."""
    tokenizers, transformers = pytest.importorskip("tokenizers"), pytest.importorskip("transformers")
    inside = tokenizers.Tokenizer(tokenizers.models.BPE())
    inside.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    inside.decoder = tokenizers.decoders.ByteLevel()
    letters = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    learn = tokenizers.trainers.BpeTrainer(vocab_size=280, initial_alphabet=letters, show_progress=False)
    inside.train_from_iterator([TEXT], learn)
    sizes = {
        "vocab_size": inside.get_vocab_size(),
        "n_positions": 32,
        "n_embd": 16,
        "n_layer": 2,
        "n_head": 2,
    }
    folder = models_folder() / "tiny-gpt2"
    transformers.GPT2LMHeadModel(
        transformers.GPT2Config(**sizes, bos_token_id=0, eos_token_id=0)
    ).save_pretrained(folder)
    transformers.PreTrainedTokenizerFast(tokenizer_object=inside).save_pretrained(folder)
    return folder


def test_what_is_found_and_what_is_none(home):
    assert real_models() == []
    folder = models_folder()
    for name, config in {"a": {"model_type": "gpt2"}, "b": {"model_type": "bert"}, "c": ["llama"]}.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "config.json").write_text(json.dumps(config), encoding="utf-8")
    key = b"general.architecture"
    head = b"GGUF" + bytes(20) + len(key).to_bytes(8, "little") + key + (8).to_bytes(4, "little")
    (folder / "d.gguf").write_bytes(head + (5).to_bytes(8, "little") + b"llama" + bytes(50))
    (folder / "e.gguf").write_bytes(b"GGUF and no more")
    (folder / "f.txt").write_text("a note", encoding="utf-8")
    assert [(one.name, one.title) for one in real_models()] == [("hf:a", "GPT-2"), ("hf:d.gguf", "Llama")]
    assert looked_into("hf:a").folder == folder / "a"
    names = [lens.name for lens in lenses_for(looked_into("hf:d.gguf"))]
    assert names == ["attention", "gradient-flow", "next", "tree", "logits", "embeddings"]


@pytest.mark.parametrize(
    "name", ["hf:../models/a", "hf:", "hf:/etc", "hf:a/../b", "hf:..", "hf:smollm2", "hf:\0"]
)
def test_a_page_can_name_only_what_was_found(home, name):
    folder = models_folder() / "a"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"model_type": "gpt2"}', encoding="utf-8")
    with pytest.raises(GroundupError, match="There is no model"):
        looked_into(name)


@pytest.mark.slow
@pytest.mark.long
def test_a_real_model_is_looked_into(tab, studio, tiny):
    tab.goto("/look")  # there is no run, and a model beside the reference
    tab.get_by_label("Model").select_option("hf:tiny-gpt2")
    tab.wait_for_url(re.compile("run=hf%3Atiny-gpt2"))
    tab.get_by_label("Your text").fill(TEXT)
    tab.get_by_role("button", name="Look", exact=True).click()
    expect(tab.locator("#status")).to_have_text("", timeout=120_000)
    found = trace(f"hf:{tiny}", TEXT)
    rows = tab.locator("[data-widget=attention_heads]")
    rows.get_by_text("Show as a table").click()
    shares = [float(one) for one in rows.locator("tbody td:nth-child(3)").all_text_contents()]
    assert shares == pytest.approx(found.pattern[0, 0, -1].tolist(), abs=1e-4)
    assert tab.locator("#tokens [role=radio]").count() == len(found.labels)
    rows.locator(".drawn").press("o")  # several heads at once, on a model of one's own
    rows.locator(".drawn").press("h")
    rows.locator(".drawn").press("o")
    expect(tab.locator("[data-widget=attention_off] h3")).to_have_text(
        "Switched off: layer 0 head 0, layer 0 head 1"
    )
    expect(tab.locator("[data-widget=attention_off] .told")).to_contain_text("nats a token", timeout=60_000)
    expect(tab.locator(".ground")).to_contain_text("tiny-gpt2, a real model on this computer")
    tab.add_script_tag(url="/static/vendor/axe.js")
    assert violations(tab) == []
    asked = {"run": "hf:../../etc", "lens": "attention", "text": TEXT}
    answer = httpx.post(f"{studio.url}/api/look", json=asked, timeout=200)
    assert answer.status_code == 422
    assert "There is no model" in answer.json()["error"]
