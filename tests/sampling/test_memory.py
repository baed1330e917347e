from utils.sampling.memory import keep_freed_memory


def test_memory_is_kept_once_in_a_process():
    keep_freed_memory.cache_clear()
    for _ in range(3):
        keep_freed_memory()
    assert keep_freed_memory.cache_info().misses == 1
