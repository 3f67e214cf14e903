package main

import "loket-etl/config"

var pipelineNames func(config.Files) (map[string][]string, error)
