#!/usr/bin/env python3
"""Shows that tests/architecture.py finds what it looks for."""

import pathlib
import unittest

import architecture


class Architecture(unittest.TestCase):
    def problems_of(self, check, name, text):
        architecture.problems.clear()
        check(architecture.TOP / name, text.splitlines())
        return [p.split(": ", 1) for p in architecture.problems]

    def test_an_include_that_goes_up_is_found(self):
        found = self.problems_of(architecture.check_includes, "src/calls/call.cpp",
                                 '#include "util/log.h"\n#include "store/calls.h"\n')
        self.assertEqual(found, [["src/calls/call.cpp:2",
                                  "calls must not include store (store/calls.h)"]])

    def test_a_library_away_from_home_is_found(self):
        for folder, header, count in (("http", "sqlite3.h", 1), ("store", "sqlite3.h", 0),
                                      ("calls", "sofia-sip/nua.h", 1), ("sip", "toml++/toml.h", 1),
                                      ("rules", "spdlog/fmt/fmt.h", 1), ("util", "sodium.h", 0)):
            found = self.problems_of(architecture.check_includes, f"src/{folder}/a.cpp",
                                     f"#include <{header}>\n")
            self.assertEqual(len(found), count, (folder, header))

    def test_only_snapshots_are_shared(self):
        check = architecture.check_sharing
        self.assertEqual(len(self.problems_of(check, "src/sip/a.h", "std::shared_ptr<Leg> leg;")), 1)
        self.assertFalse(self.problems_of(check, "src/sip/a.h", "std::shared_ptr<const Leg> leg;"))

    def test_sql_away_from_the_store_is_found(self):
        text = 'run("DELETE FROM calls");'
        self.assertTrue(self.problems_of(architecture.check_sql, "src/http/a.cpp", text))
        self.assertFalse(self.problems_of(architecture.check_sql, "src/store/a.cpp", text))

    def test_html_insertion_is_found(self):
        for text in ("{@html name}", "node.innerHTML = name", "fetch('https://cdn.example/x')"):
            self.assertTrue(self.problems_of(architecture.check_web, "web/src/a.svelte", text))
        self.assertFalse(self.problems_of(architecture.check_web, "web/src/a.svelte", "{name}"))

    def test_functions_are_measured_whatever_surrounds_them(self):
        source = ('namespace a {\nclass B {\n  void one() {\n    if (x) {\n    }\n  }\n};\n'
                  'int two(const char* s = "}{") {\n  return f([] { return 1; });\n}\n}\n')
        self.assertEqual([(line, length) for line, length, _ in architecture.functions(source)],
                         [(3, 4), (8, 3)])

    def test_what_is_too_long_is_found(self):
        sizes = {"files": [], "functions": []}
        architecture.problems.clear()
        body = "void f() {\n" + "  g();\n" * 90 + "}\n"
        architecture.check_sizes(pathlib.Path(architecture.TOP / "src/a.cpp"), body.splitlines(),
                                 sizes)
        self.assertEqual(len(architecture.problems), 1)
        architecture.check_sizes(architecture.TOP / "src/a.cpp", ["x"] * 501, sizes)
        self.assertEqual(len(architecture.problems), 2)


if __name__ == "__main__":
    unittest.main()
