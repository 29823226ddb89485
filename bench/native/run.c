/* Runs a command and writes what it cost: run FILE COMMAND [ARGUMENT...]
 *
 * A small program does this because Linux counts the peak memory of whoever forks as the child's own: started by a big
 * Python, even curl would seem as big. CPU is that of the command and of all that it waited for.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int count, char **given) {
    if (count < 3) return fprintf(stderr, "run FILE COMMAND [ARGUMENT...]\n"), 2;
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    pid_t child = fork();
    if (child == 0) {
        execvp(given[2], given + 2);
        perror(given[2]);
        _exit(127);
    }
    int status;
    struct rusage used;
    if (child < 0 || wait4(child, &status, 0, &used) != child) return 126;
    clock_gettime(CLOCK_MONOTONIC, &end);
    FILE *file = fopen(given[1], "w");
    if (!file) return 126;
    fprintf(file, "{\"seconds\": %.6f, \"user\": %.6f, \"system\": %.6f, \"peak_kib\": %ld}\n",
            (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9,
            (double)used.ru_utime.tv_sec + (double)used.ru_utime.tv_usec / 1e6,
            (double)used.ru_stime.tv_sec + (double)used.ru_stime.tv_usec / 1e6, used.ru_maxrss);
    fclose(file);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
