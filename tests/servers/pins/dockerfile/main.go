// Reads a Dockerfile as docker build does and prints each instruction. What is wrong, or what its linter warns of, goes to standard
// error, with status 1.
package main

import (
	"fmt"
	"os"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

func main() {
	warnings, err := read(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if err != nil || warnings > 0 {
		os.Exit(1)
	}
}

func read(name string) (int, error) {
	file, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	parsed, err := parser.Parse(file)
	if err != nil {
		return 0, err
	}
	warnings := len(parsed.Warnings)
	for _, warning := range parsed.Warnings {
		fmt.Fprintln(os.Stderr, warning.Short)
	}
	lint := linter.New(&linter.Config{Warn: func(rule, _, _, told string, _ []parser.Range) {
		warnings++
		fmt.Fprintln(os.Stderr, rule, told)
	}})
	stages, _, err := instructions.Parse(parsed.AST, lint)
	for _, stage := range stages {
		fmt.Println("FROM", stage.BaseName)
		for _, command := range stage.Commands {
			fmt.Println(command)
		}
	}
	return warnings, err
}
