"""tools/check_layers.py sees the arrow that is not allowed, and only that one."""

import check_layers
import layers
import pytest

LAYERS = """
base:
model: base
adapters/posix: base
adapters/local: base adapters/posix
sim: base
cli: base model
cli/world.cc: + adapters/local
<libpq-fe.h>: adapters/local
"""


@pytest.fixture
def complaints(tmp_path):
    def check(**files):
        (tmp_path / "docs").mkdir()
        (tmp_path / "docs/layers.txt").write_text(LAYERS)
        for name, text in files["files"].items():
            path = tmp_path / "src" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return list(check_layers.complaints(tmp_path))

    return check


@pytest.mark.parametrize("file, include", [
    ("model/a.h", '"base/b.h"'),
    ("model/deeper/a_test.cc", '"model/c.h"'),
    ("adapters/local/a.cc", '"adapters/posix/p.h"'),
    ("cli/world.cc", '"adapters/local/l.h"'),
    ("adapters/local/a.cc", "<libpq-fe.h>"),
    ("base/a.cc", "<vector>"),
])
def test_an_arrow_of_the_list_is_allowed(complaints, file, include):
    assert complaints(files={file: f"#include {include}\n"}) == []


@pytest.mark.parametrize("file, include, says", [
    ("base/a.h", '"model/m.h"', "missing arrow base -> model"),
    ("base/a_test.cc", '"model/m.h"', "missing arrow base -> model"),
    ("adapters/posix/a.cc", '"adapters/local/l.h"', "missing arrow adapters/posix -> adapters/local"),
    ("cli/run.cc", '"adapters/local/l.h"', "missing arrow cli -> adapters/local"),
    ("sim/a.cc", '"nowhere/x.h"', "is in no folder"),
    ("model/a.cc", "<libpq-fe.h>", "is included only from adapters/local"),
    ("fresh/a.cc", '"base/b.h"', "its folder has no line"),
])
def test_any_other_arrow_is_named_with_its_line(complaints, file, include, says):
    found = complaints(files={file: f"#pragma once\n#  include {include}\n"})
    assert len(found) == 1
    assert says in found[0]
    assert found[0].startswith(f"src/{file}:")


def test_a_target_links_only_what_its_folder_may_include(complaints):
    found = complaints(files={
        "base/CMakeLists.txt": "mayfly_library(base SOURCES a.cc\n  LIBRARIES mayfly_model)\n",
        "model/CMakeLists.txt": "mayfly_library(model LIBRARIES mayfly_base fmt::fmt)\n",
    })
    assert found == ["src/base/CMakeLists.txt:1: missing arrow base -> model: links mayfly_model"]


def test_a_folder_that_nobody_listed_is_refused_in_the_list():
    with pytest.raises(ValueError, match="unknown folders"):
        layers.parse("base: nowhere\n")
