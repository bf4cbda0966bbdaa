"""tools/check_docs.py sees where the documents and the tree disagree."""

import check_docs
import pytest


@pytest.fixture
def tree(tmp_path):
    def check(files, help_text=None):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        binary = tmp_path / "mayfly"
        if help_text is not None:
            binary.write_text(f"#!/bin/sh\ncat <<'E'\n{help_text}\nE\n")
            binary.chmod(0o755)
        return list(check_docs.complaints(tmp_path, binary))

    return check


@pytest.mark.parametrize("text", [
    "[there](b.md)", "[there](b.md#two-words)", "[here](#one)", "[web](https://example.org/x)",
    "`[code](nowhere.md)`", "```\n[code](nowhere.md)\n```",
])
def test_a_link_that_leads_somewhere_passes(tree, text):
    assert tree({"a.md": f"# One\n{text}\n", "b.md": "## Two words\n"}) == []


@pytest.mark.parametrize("link", ["nowhere.md", "b.md#other", "#other", "folder/"])
def test_a_link_that_leads_nowhere_is_named_with_its_line(tree, link):
    found = tree({"a.md": f"# One\n\n[x]({link})\n", "b.md": "# Two\n"})
    assert len(found) == 1
    assert found[0].startswith(f"a.md:3: the link {link}")


def test_every_folder_of_the_sources_is_on_the_map(tree):
    files = {"src/base/x.h": "", "src/adapters/local/x.h": ""}
    assert tree({**files, "src/README.md": "`base/` `adapters/` `local/`"}) == []
    assert tree({"src/README.md": "`base/` `adapters/`"}) == [
        "src/README.md:1: has no line for src/adapters/local/"]


def test_a_decision_has_its_sections_and_its_line(tree):
    found = tree({"docs/adr/0001-x.md": "# X\n## Context\n**Decision.** Yes.\n\n## Price\n"})
    assert found == ["docs/adr/0001-x.md:1: has no section 'What would change our mind'",
                     "docs/adr/README.md:1: has no line for 0001-x.md"]


def test_the_page_of_a_command_says_what_its_help_says(tree):
    page = {"docs/cli/run.md": "# run\n\n```text\nruns it\n  --yes\n```\n", "docs/cli/README.md": ""}
    assert tree(page, "runs it\n  --yes") == []
    assert "differs from" in tree(page, "runs it\n  --no")[0]
    assert "no fenced block" in tree({"docs/cli/run.md": "# run\n"}, "runs it")[0]


def test_accept_writes_the_help_and_keeps_the_rest(tree, tmp_path, monkeypatch):
    monkeypatch.setenv("MAYFLY_ACCEPT", "1")
    assert tree({"docs/cli/run.md": "# run\n```text\nold\n```\nmore\n"}, "new") == []
    assert (tmp_path / "docs/cli/run.md").read_text() == "# run\n```text\nnew\n```\nmore\n"


@pytest.mark.parametrize("entry, complaint", [
    ("It goes on.\n\nTried by: `tests/e2e/x_test.py::test_it`.\n", None),
    ("It goes on.\n\nTried by: `src/x_test.cc::Light.GoesOn`.\n", None),
    ("Tried by: `src/x_test.cc::Light.GoesOff`.\n",
     "docs/runbook.md:3: there is no test src/x_test.cc::Light.GoesOff"),
    ("It goes on.\n", "docs/runbook.md:3: 'No light' was tried by no test"),
    ("See `tests/e2e/x_test.py::test_it`.\n", "docs/runbook.md:3: 'No light' was tried by no test"),
    ("Tried by: `tests/e2e/x_test.py::test_i`.\n",
     "docs/runbook.md:3: there is no test tests/e2e/x_test.py::test_i"),
    ("Tried by: `tests/e2e/y_test.py::test_it`.\n",
     "docs/runbook.md:3: there is no test tests/e2e/y_test.py::test_it"),
])
def test_an_entry_of_the_runbook_was_tried(tree, entry, complaint):
    found = tree({"docs/runbook.md": f"# Runbook\n\n### No light\n\n{entry}\n## Next\n",
                  "tests/e2e/x_test.py": "def test_it(place):\n    pass\n",
                  "src/README.md": "", "src/x_test.cc": "TEST_F(Light, GoesOn) {\n}\n"})
    assert found == ([complaint] if complaint else [])
