"""tools/check_sizes.py finds functions and measures them."""

import check_sizes
import pytest


def function(name, lines, signature="int x"):
    return f"void {name}({signature}) {{\n" + "  x += 1;\n" * (lines - 2) + "}\n"


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "tools").mkdir()

    def check(text, name="a.cc", allow=""):
        (tmp_path / "src" / name).write_text(text)
        (tmp_path / "tools/sizes.allow").write_text(allow)
        return list(check_sizes.complaints(tmp_path))

    return check


def test_a_function_at_the_gate_passes(tree):
    assert tree(function("Fits", 70)) == []


def test_a_function_beyond_the_gate_is_named_with_its_line(tree):
    assert tree("\n" + function("Long", 71)) == [
        "src/a.cc:2: function of Long is 71, the gate is 70"]


def test_a_function_inside_a_type_inside_a_namespace_is_found(tree):
    text = "namespace n {\nclass A : B {\n public:\n" + function("Method", 71) + "};\n}\n"
    assert len(tree(text)) == 1


def test_a_header_and_a_source_have_gates_of_their_own(tree):
    assert "header of src/a.h is 301" in tree("int x;\n" * 301, name="a.h")[0]
    assert "source of src/b.cc is 801" in tree("int x;\n" * 801, name="b.cc")[1]


def test_parameters_are_counted_and_template_commas_are_not(tree):
    assert tree(function("Five", 3, "std::map<int, int> a, int b, int c, int d, int e")) == []
    assert "parameters of Six is 6" in tree(function("Six", 3, "int a, int b, int c, int d, "
                                                     "int e, int f"))[0]


@pytest.mark.parametrize("text", [
    'const char* k = "void F() {";\n',
    "// void F() {\n",
    "/* { { { */\n",
    "#define F(x) { \\\n  { \n",
    "const int kTable[] = {\n" + "  1,\n" * 90 + "};\n",
    "struct Point { int x; int y; };\n",
    'auto k = R"(void F() {)";\n',
])
def test_what_only_looks_like_a_function_is_none(tree, text):
    assert tree(text) == []
    assert len(tree(text + function("Long", 71))) == 1


def test_a_constructor_with_braces_in_its_list_is_measured_whole(tree):
    text = "A::A(int x) : a_{x}, b_(x) {\n" + "  a_ += 1;\n" * 70 + "}\n"
    assert "function of A::A is 72" in tree(text)[0]


def test_an_exception_with_a_reason_holds_up_to_its_limit(tree):
    allow = "function src/a.cc Long 72 one table, clearer in one piece\n"
    assert tree(function("Long", 72), allow=allow) == []
    assert len(tree(function("Long", 73), allow=allow)) == 1


def test_an_exception_that_nothing_needs_is_refused(tree):
    allow = "function src/a.cc Long 72 one table, clearer in one piece\n"
    assert tree(function("Long", 60), allow=allow) == [
        "tools/sizes.allow:1: no longer needed: function src/a.cc Long"]


def test_an_exception_without_a_reason_is_refused(tree):
    with pytest.raises(ValueError, match="sizes.allow:1"):
        tree("", allow="function src/a.cc Long 72\n")
