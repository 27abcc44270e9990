// Command quantities takes a JSON file whose keys are texts and rewrites it: text -> how resource.Quantity writes it back, null where
// it refuses it. The file is the fixture that the project's own quantities are held against; a new case is a new key.
package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

func main() {
	path := os.Args[1]
	old, err := os.ReadFile(path)
	check(err)
	cases := map[string]*string{}
	check(json.Unmarshal(old, &cases))
	for text := range cases {
		cases[text] = written(text)
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetIndent("", " ")
	encoder.SetEscapeHTML(false)
	check(encoder.Encode(cases))
	check(os.WriteFile(path, out.Bytes(), 0o644))
}

func written(text string) *string {
	quoted, err := json.Marshal(text)
	check(err)
	var quantity resource.Quantity
	if quantity.UnmarshalJSON(quoted) != nil {
		return nil
	}
	out, err := quantity.MarshalJSON()
	check(err)
	result := strings.Trim(string(out), `"`)
	return &result
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
