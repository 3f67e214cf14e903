//go:build race

package pipelines

// thin is how many times fewer cases the long tests try under the race
// detector, which makes each child process ten times slower. `make test` runs
// them in full without it.
const thin = 7
