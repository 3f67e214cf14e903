//go:build !race

package pipelines

// thin is how many times fewer cases the long tests try: all of them.
const thin = 1
