"""Each fault that check_layers promises to report, in a small tree of its own."""

import contextlib
import io
import pathlib
import tempfile
import unittest

from load_tool import load_tool

check_layers = load_tool("check_layers")


class CheckLayersTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.added = []
        self.write("docs/ARCHITECTURE.md", f"# Head\n\n{check_layers.BEGIN}\n{check_layers.END}\n\nTail\n")

    def write(self, path, text):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def module(self, name, rest="", **files):
        """A module whose files are given as name_hpp="text"; sources are listed in its CMakeLists.txt."""
        self.added.append(name)
        self.write("src/CMakeLists.txt", "".join(f"add_subdirectory({added})\n" for added in self.added))
        self.write(f"src/{name}/README.md", f"# {name}\n\nWhat {name} is. More of it.\n")
        sources = " ".join(f"{file[:-4]}.cpp" for file in files if file.endswith("_cpp"))
        self.write(f"src/{name}/CMakeLists.txt", f"add_module({name}\n  SOURCES {sources}\n  {rest})\n")
        for file, text in files.items():
            self.write(f"src/{name}/{file[:-4]}.{file[-3:]}", text)

    def problems(self):
        return check_layers.Check(self.root).run()

    def assert_one_problem(self, place, words):
        problems = self.problems()
        self.assertEqual(len(problems), 1, problems)
        self.assertTrue(problems[0].startswith(place), problems)
        self.assertIn(words, problems[0])

    def test_a_declared_include_is_fine(self):
        self.module("base", error_hpp="")
        self.module("net", "DEPS base PCH asio", url_cpp='#include "net/url.hpp"\n#include "base/error.hpp"\n#include <boost/asio/awaitable.hpp>\n',
                    url_hpp="")
        self.assertEqual(self.problems(), [])

    def test_an_undeclared_include_is_reported_at_its_line(self):
        self.module("base", error_hpp="")
        self.module("net", url_hpp='#pragma once\n#include "base/error.hpp"\n')
        self.assert_one_problem("src/net/url.hpp:2", "base is not among its DEPS")

    def test_a_dependency_of_a_dependency_must_be_declared_too(self):
        self.module("base", a_hpp="")
        self.module("aio", "DEPS base", b_hpp='#include "base/a.hpp"\n')
        self.module("net", "DEPS aio", c_hpp='#include "aio/b.hpp"\n#include "base/a.hpp"\n')
        self.assert_one_problem("src/net/c.hpp:2", "base is not among its DEPS")

    def test_a_cycle_is_reported_once(self):
        self.module("a", "DEPS b", a_hpp='#include "b/b.hpp"\n')
        self.module("b", "DEPS a", b_hpp='#include "a/a.hpp"\n')
        cycles = [problem for problem in self.problems() if "cycle" in problem]
        self.assertEqual(len(cycles), 1)
        self.assertIn("a → b → a", cycles[0])

    def test_adding_a_module_before_its_dependency_is_reported(self):
        self.module("net", "DEPS base", a_hpp='#include "base/a.hpp"\n')
        self.module("base", a_hpp="")
        self.assert_one_problem("src/net/CMakeLists.txt", "adds net before base")

    def test_the_private_headers_of_another_module_are_closed(self):
        self.module("base", a_hpp="")
        self.module("net", "DEPS base", a_hpp='#include "base/a.hpp"\n#include "base/impl/b.hpp"\n')
        self.assert_one_problem("src/net/a.hpp:2", "private to base")

    def test_own_private_headers_are_open(self):
        self.module("base", a_hpp='#include "base/impl/b.hpp"\n')
        self.assertEqual(self.problems(), [])

    def test_each_library_stays_in_its_module(self):
        for include, owner in (("boost/beast/core.hpp", "net"), ("openssl/ssl.h", "net"), ("curl/curl.h", "net"), ("sqlite3.h", "db"),
                               ("libpq-fe.h", "db"), ("hiredis/hiredis.h", "coordination")):
            with self.subTest(include):
                self.setUp()
                self.module("scan", "PCH asio", a_hpp=f"#include <{include}>\n")
                self.assert_one_problem("src/scan/a.hpp:1", f"belongs to {owner} alone")

    def test_the_owner_may_include_its_library(self):
        self.module("db", a_hpp="#include <sqlite3.h>\n")
        self.assertEqual(self.problems(), [])

    def test_asio_in_pure_code_is_reported(self):
        self.module("record", a_hpp="#include <boost/asio/awaitable.hpp>\n")
        self.assert_one_problem("src/record/a.hpp:1", "pure code")

    def test_a_declared_but_unused_module_is_reported(self):
        self.module("base", a_hpp="")
        self.module("net", "DEPS base", a_hpp="")
        self.assert_one_problem("src/net/CMakeLists.txt", "DEPS base is declared")

    def test_a_source_file_that_nothing_compiles_is_reported(self):
        self.module("base", a_cpp="")
        self.write("src/base/ba.cpp", "")
        self.write("src/base/a_test.cpp", "")
        self.assertEqual([problem.partition(":")[0] for problem in self.problems()], ["src/base/a_test.cpp", "src/base/ba.cpp"])

    def test_an_include_without_its_module_is_reported(self):
        self.module("base", a_hpp='#include "b.hpp"\n')
        self.assert_one_problem("src/base/a.hpp:1", "write the path from src/")

    def test_nothing_includes_app(self):
        self.module("app", a_hpp="")
        self.module("net", "DEPS app", a_hpp='#include "app/a.hpp"\n')
        self.assert_one_problem("src/net/CMakeLists.txt", "composition root")

    def test_a_module_has_a_readme(self):
        self.module("base", a_hpp="")
        (self.root / "src/base/README.md").unlink()
        self.assert_one_problem("src/base/CMakeLists.txt", "no README.md")

    def test_a_commented_declaration_does_not_count(self):
        self.module("base", a_hpp="")
        self.module("net", a_hpp='#include "base/a.hpp"\n')
        self.write("src/net/CMakeLists.txt", "add_module(net\n  # DEPS base\n)\n")
        self.assert_one_problem("src/net/a.hpp:1", "base is not among its DEPS")

    def test_an_outdated_diagram_is_reported_until_it_is_written(self):
        self.module("base", a_hpp="")
        self.module("net", "DEPS base", a_hpp='#include "base/a.hpp"\n')
        modules = check_layers.Check(self.root).modules
        self.assertIn("out of date", check_layers.check_diagram(self.root, modules, write=False)[0])
        self.assertEqual(check_layers.check_diagram(self.root, modules, write=True), [])
        self.assertEqual(check_layers.check_diagram(self.root, modules, write=False), [])
        page = (self.root / "docs/ARCHITECTURE.md").read_text()
        self.assertTrue(page.startswith("# Head\n") and page.endswith("\nTail\n"))
        self.assertIn("  net --> base\n", page)
        self.assertIn("| What net is | base |", page)

    def test_the_graph_leaves_out_what_follows_from_other_arrows(self):
        self.module("base", a_hpp="")
        self.module("aio", "DEPS base", b_hpp="")
        self.module("net", "DEPS base aio", c_hpp="")
        text = check_layers.diagram(check_layers.Check(self.root).modules)
        self.assertNotIn("net --> base", text)
        self.assertIn("| base, aio |", text)

    def test_the_exit_status_tells(self):
        self.module("base", a_hpp="")
        with contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(check_layers.main([str(self.root)]), 1)
            self.assertEqual(check_layers.main(["--write", str(self.root)]), 0)


if __name__ == "__main__":
    unittest.main()
