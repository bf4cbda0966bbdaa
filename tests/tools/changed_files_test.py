"""tools/changed_files.py lists what lint has to look at."""

import subprocess

import changed_files
import pytest


@pytest.fixture
def repository(tmp_path, monkeypatch):
    for name in ("MAYFLY_LINT_BASE", "GIT_DIR", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    subprocess.run(["git", "init", "-q", "-b", "main", tmp_path], check=True)

    def commit(path, date):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(date)
        identity = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER")
                    for what, value in (("NAME", "n"), ("EMAIL", "e@example.org"), ("DATE", date))}
        subprocess.run(["git", "add", path], cwd=tmp_path, check=True)
        subprocess.run(["git", "commit", "-q", "-m", path], cwd=tmp_path, check=True, env=identity)

    return tmp_path, commit


def listed(root):
    return [str(path) for path in changed_files.sources(root, changed_files.changed(root))]


def test_the_day_before_the_head_is_what_changed(repository):
    root, commit = repository
    commit("src/old.cc", "2024-01-01T10:00:00Z")
    commit("src/morning.cc", "2024-02-01T10:00:00Z")
    commit("src/evening.cc", "2024-02-01T18:00:00Z")
    assert listed(root) == ["src/evening.cc", "src/morning.cc"]


def test_a_named_base_decides(repository, monkeypatch):
    root, commit = repository
    commit("src/a.cc", "2024-02-01T10:00:00Z")
    commit("src/b.cc", "2024-02-01T11:00:00Z")
    monkeypatch.setenv("MAYFLY_LINT_BASE", "HEAD~1")
    assert listed(root) == ["src/b.cc"]
    monkeypatch.setenv("MAYFLY_LINT_BASE", "no-such-commit")
    with pytest.raises(SystemExit, match="no-such-commit"):
        listed(root)


def test_uncommitted_files_come_first_and_a_header_brings_its_sources(repository):
    root, commit = repository
    commit("src/a.cc", "2024-02-01T10:00:00Z")
    commit("src/a_test.cc", "2023-02-01T10:00:00Z")
    (root / "src/a.h").write_text("int x;\n")
    (root / "README.md").write_text("x\n")
    assert listed(root) == ["src/a.cc", "src/a_test.cc"]
