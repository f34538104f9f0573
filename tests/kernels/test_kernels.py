"""Every kernel against its definition in NumPy, exactly, for every instruction set of this CPU."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import fastnz
from fastnz._core import testing

I16 = st.one_of(st.integers(-32768, 32767), st.sampled_from([-32768, -32767, -1, 0, 1, 32767]))


@st.composite
def mixer_input(draw):
    n = 32 * draw(st.integers(1, 6))
    return draw(arrays(np.int16, n, elements=I16)), draw(arrays(np.int16, n, elements=I16))


@pytest.mark.parametrize("isa", fastnz.isas())
@given(st.binary(max_size=150), st.integers(0, 150), st.integers(0, 150), st.binary(min_size=1, max_size=80))
def test_match_length(isa, common, offset, cut, tail):
    a = common[:cut] + tail
    b = common
    offset = min(offset, len(a), len(b))
    expected = 0
    for x, y in zip(a[offset:], b[offset:]):
        if x != y:
            break
        expected += 1
    assert testing.match_length(isa, a, b, offset) == expected


@pytest.mark.parametrize("isa", fastnz.isas())
@given(mixer_input())
def test_mix_dot(isa, case):
    x, w = case
    true_sum = int((x.astype(np.int64) * w).sum())
    assert testing.mix_dot_i16_i32(isa, x, w) == (true_sum + 2**31) % 2**32 - 2**31


@pytest.mark.parametrize("isa", fastnz.isas())
@given(mixer_input(), I16)
def test_mix_train(isa, case, err):
    x, w = case
    step = (x.astype(np.int64) * err + 2**15) >> 16
    expected = np.clip(w + step, -32768, 32767).astype(np.int16)
    assert (testing.mix_train_i16_i32(isa, x, w, err) == expected).all()


@pytest.mark.parametrize("isa", fastnz.isas())
def test_mix_dot_speed(benchmark, isa):
    x, w = np.ones((2, 1024), np.int16)
    benchmark(testing.mix_dot_i16_i32, isa, x, w)
