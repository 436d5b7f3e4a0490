#include "tensor/parallel.h"

#include <omp.h>

namespace gradus {

int num_threads() { return omp_get_max_threads(); }
void set_num_threads(int threads) { omp_set_num_threads(std::max(1, threads)); }
int available_cores() { return omp_get_num_procs(); }
bool in_parallel() { return omp_in_parallel() != 0; }
int thread_index() { return omp_get_thread_num(); }

}  // namespace gradus
