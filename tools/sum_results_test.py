"""sum_results counts what ran, and takes silence for failure."""

import pathlib
import tempfile
import unittest

from load_tool import load_tool

sum_results = load_tool("sum_results")


class SumResultsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "gtest").mkdir()

    def write(self, name, *cases):
        body = "".join(f'<testcase name="{case}" classname="{group}">{inner}</testcase>' for group, case, inner in cases)
        (self.folder / name).write_text(f"<testsuite>{body}</testsuite>")

    def sum_up(self, *files):
        """(how many passed, the names of those that failed)"""
        names = sum_results.sum_up(self.folder, files)
        return len(names["passed"]), names["failed"]

    def test_unit_binaries_count_by_their_cases(self):
        self.write("ctest.xml", ("unit.base", "unit.base", ""), ("check.style", "check.style", ""))
        self.write("gtest/base_test.xml", ("Error", "a_b", ""), ("Error", "c_d", ""))
        self.assertEqual(self.sum_up("ctest.xml"), (3, []))

    def test_a_failed_case_is_named_with_its_binary(self):
        self.write("ctest.xml", ("unit.base", "unit.base", "<failure/>"))
        self.write("gtest/base_test.xml", ("Error", "a_b", "<failure/>"), ("Error", "c_d", ""))
        self.assertEqual(self.sum_up("ctest.xml"), (1, ["unit.base: Error.a_b"]))

    def test_a_binary_that_died_counts_as_one_failure(self):
        self.write("ctest.xml", ("unit.base", "unit.base", "<failure/>"))
        self.assertEqual(self.sum_up("ctest.xml"), (0, ["unit.base"]))
        self.write("gtest/base_test.xml", ("Error", "a_b", ""))
        passed, failures = self.sum_up("ctest.xml")
        self.assertEqual((passed, len(failures)), (1, 1))

    def test_skipped_is_neither_passed_nor_failed(self):
        self.write("e2e.xml", ("test_a", "test_x", "<skipped/>"), ("test_a", "test_y", ""))
        self.assertEqual(self.sum_up("e2e.xml"), (1, []))
        self.assertEqual(sum_results.sum_up(self.folder, ["e2e.xml"])["skipped"], ["test_a.test_x"])

    def test_a_runner_that_left_no_report_has_failed(self):
        self.assertEqual(len(self.sum_up("e2e.xml")[1]), 1)
        self.write("e2e.xml")
        self.assertEqual(self.sum_up("e2e.xml"), (0, ["e2e.xml: no test ran"]))


if __name__ == "__main__":
    unittest.main()
