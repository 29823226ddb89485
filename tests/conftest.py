"""Claims that many tests share say what they saw when they fail, as those in the tests themselves do."""

import pytest

pytest.register_assert_rewrite("tests.scenarios.worlds")
