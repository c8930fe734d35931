"""Each rule of check_style with a line that breaks it and one that looks alike and is fine."""

import pathlib
import tempfile
import unittest

from load_tool import load_tool

check_style = load_tool("check_style")
HEADER = "// What it is.\n#pragma once\n"


class CheckStyleTest(unittest.TestCase):
    def problems(self, files):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for path, text in files.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text)
            return check_style.check_tree(root)[0]

    def rules(self, text, path="src/scan/visit.cpp"):
        return [problem.split(": ")[1] for problem in self.problems({path: text})]

    def assert_rule(self, rule, text, path="src/scan/visit.cpp"):
        self.assertEqual(self.rules(text, path), [rule], text)

    def assert_fine(self, text, path="src/scan/visit.cpp"):
        self.assertEqual(self.problems({path: text}), [], text)

    def test_banned_code_is_reported_with_its_line(self):
        problems = self.problems({"src/scan/visit.cpp": "int a;\nstd::this_thread::sleep_for(1s);\n"})
        self.assertEqual(len(problems), 1)
        self.assertTrue(problems[0].startswith("src/scan/visit.cpp:2: sleep: 'sleep_for' is banned; use aio::sleep"), problems)

    def test_each_banned_thing(self):
        for rule, text in (("detached", "thread.detach();"), ("spawn", "asio::co_spawn(executor, task(), token);"), ("sleep", "usleep(10);"),
                           ("sleep", "sleep(1);"), ("timer", "asio::steady_timer timer(executor);"), ("assert", "assert(x);"),
                           ("wall-clock", "auto t = std::chrono::system_clock::now();"), ("random", "std::random_device device;"),
                           ("random", "int i = rand();"), ("regex", "std::regex pattern(text);"), ("shell", "system(command);"),
                           ("output", "std::cerr << x;"), ("output", 'printf("x");')):
            with self.subTest(text):
                self.assert_rule(rule, text)

    def test_what_only_looks_banned_is_fine(self):
        for text in ("co_await aio::sleep(executor, scope, 1ms);", "static_assert(x);", "ASSERT_INVARIANT(x, y);", "visit.system(1);",
                     'std::snprintf(buffer, 1, "%d", 1);', "// Never call usleep here.\n", 'auto t = "system(ls)";', 'auto t = R"(usleep(1))";',
                     "constexpr auto n = 1'000'000;\nint detach;", "// A thread is never detached.\n"):
            with self.subTest(text):
                self.assert_fine(text)

    def test_the_owner_may(self):
        self.assert_fine("asio::co_spawn(executor, task(), token); asio::steady_timer timer(executor);", "src/aio/a.cpp")
        self.assert_fine("auto t = std::chrono::system_clock::now();", "src/base/a.cpp")
        self.assert_fine("std::cout << text;", "src/app/a.cpp")

    def test_detached_is_banned_in_aio_too(self):
        self.assert_rule("detached", "co_spawn(executor, task(), asio::detached);", "src/aio/a.cpp")

    def test_an_exemption_needs_its_rule_and_a_reason(self):
        self.assert_fine("usleep(1);  // style: allow sleep, because the child has no event loop yet.")
        self.assert_rule("sleep", "usleep(1);  // style: allow sleep")
        self.assert_rule("sleep", "usleep(1);  // style: allow timer, because it is not one.")

    def test_using_namespace(self):
        self.assert_rule("using-namespace", "using namespace boost;")
        self.assert_rule("using-namespace", HEADER + "using namespace std::chrono;", "src/scan/a.hpp")
        self.assert_fine("using namespace std::chrono;\nusing namespace std::chrono_literals;")
        self.assert_fine("using namespace boost;", "src/scan/a_test.cpp")

    def test_unfinished_work_names_its_issue(self):
        self.assert_rule("unfinished", "// TODO: later\n")
        self.assert_rule("unfinished", "// FIXME(#3)\n")
        self.assert_rule("unfinished", "# TODO\n", "cmake/a.cmake")
        self.assert_fine("// TODO(#12): when PostgreSQL is here.\n")

    def test_a_header_opens_with_a_comment_and_pragma_once(self):
        self.assert_fine(HEADER, "src/scan/a.hpp")
        self.assert_rule("header-comment", "#pragma once\n", "src/scan/a.hpp")
        self.assert_rule("pragma-once", "// What.\n#include <string>\n#pragma once\n", "src/scan/a.hpp")

    def test_the_own_header_comes_first(self):
        for path in ("src/scan/visit.cpp", "src/scan/visit_test.cpp"):
            files = {"src/scan/visit.hpp": HEADER, path: '#include <string>\n#include "scan/visit.hpp"\n'}
            self.assertIn("own-header-first", self.problems(files)[0])
            files[path] = '#include "scan/visit.hpp"\n#include <string>\n'
            self.assertEqual(self.problems(files), [])

    def test_a_test_need_not_prove_its_header_where_the_source_does(self):
        self.assertEqual(self.problems({"src/scan/visit.hpp": HEADER, "src/scan/visit.cpp": '#include "scan/visit.hpp"\n',
                                        "src/scan/visit_test.cpp": "#include <gtest/gtest.h>\n"}), [])

    def test_a_test_can_fail_and_its_name_is_a_sentence(self):
        path = "src/scan/a_test.cpp"
        self.assert_fine("TEST(Lease, expires_when_silent) { EXPECT_TRUE(x); }\n", path)
        self.assert_rule("test-without-assertion", 'TEST(Lease, expires_when_silent) { run("EXPECT_TRUE(x)"); }\n', path)
        self.assert_rule("test-name", "TEST(Lease, Test1) { EXPECT_TRUE(x); }\n", path)
        self.assert_rule("test-without-assertion", "TEST(A, runs_a) { if (x) { f(); } }\nTEST_F(B, runs_b) { ASSERT_EQ(1, x); }\n", path)

    def test_no_test_is_skipped(self):
        self.assert_rule("skipped-test", "TEST(A, runs_well) { GTEST_SKIP(); EXPECT_EQ(1, x); }\n", "src/scan/a_test.cpp")
        self.assert_rule("skipped-test", "@pytest.mark.skipif(True)\n", "tests/e2e/test_a.py")
        self.assert_rule("sleep", "time.sleep(1)\n", "tests/e2e/test_a.py")
        self.assert_fine("time.sleep(1)  # style: allow sleep, because the site under test is slow on purpose\n", "tests/e2e/test_a.py")

    def test_code_in_comments_is_dead(self):
        self.assert_rule("dead-code", "// visit.stop(scope);\n")
        self.assert_rule("dead-code", "  // int x = 3;\n")
        self.assert_fine("/// visit.stop(scope);\n")
        self.assert_fine("// It waits (see Scope); then it stops.\n")
        self.assert_fine("// What is kept of it;\n")

    def test_long_files_are_split(self):
        self.assert_rule("length", "int x;\n" * 601)
        self.assert_fine("int x;\n" * 600)


if __name__ == "__main__":
    unittest.main()
