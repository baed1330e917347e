import tracemalloc

from utils.sampling.memory import keep_freed_memory


def test_memory_is_kept_once_in_a_process():
    keep_freed_memory.cache_clear()
    for _ in range(3):
        keep_freed_memory()
    assert keep_freed_memory.cache_info().misses == 1


def test_the_block_is_one_of_31_megabytes_and_is_given_back():
    keep_freed_memory.cache_clear()
    tracemalloc.start()
    keep_freed_memory()
    left, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 31 * 2**20 <= peak < 31 * 2**20 + 10_000 and left < 10_000
