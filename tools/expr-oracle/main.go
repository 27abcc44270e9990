// The oracle of the condition language: reads one case per line ({"expr": "...", "env": {...}}) and writes what expr-lang itself answers, one line each.
// It exists so that a fixture can be made from the real thing; nothing of Rampart runs it. Environment values are JSON; a list of numbers under
// "result" is given the Go type []float64, as the Prometheus provider's is, unless the case says "json": true.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr"
)

type input struct {
	Expr string         `json:"expr"`
	Env  map[string]any `json:"env"`
	JSON bool           `json:"json,omitempty"`
}

type output struct {
	Error   string `json:"error,omitempty"`
	Stage   string `json:"stage,omitempty"`
	Value   any    `json:"value,omitempty"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), 1<<24)
	write := json.NewEncoder(os.Stdout)
	write.SetEscapeHTML(false)
	for lines.Scan() {
		var in input
		if err := json.Unmarshal(lines.Bytes(), &in); err != nil {
			fmt.Fprintln(os.Stderr, "bad case:", err)
			os.Exit(1)
		}
		if err := write.Encode(ask(in)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func ask(in input) (out output) {
	defer func() {
		if r := recover(); r != nil {
			out = output{Stage: "run", Error: fmt.Sprint("panic: ", r)}
		}
	}()
	env := environment(in)
	program, err := expr.Compile(in.Expr, expr.Env(env))
	if err != nil {
		return output{Stage: "compile", Error: firstLine(err)}
	}
	value, err := expr.Run(program, env)
	if err != nil {
		return output{Stage: "run", Error: firstLine(err)}
	}
	return output{Value: encode(reflect.ValueOf(value))}
}

func firstLine(err error) string { return strings.SplitN(err.Error(), "\n", 2)[0] }

func environment(in input) map[string]any {
	env := map[string]any{}
	for key, value := range in.Env {
		env[key] = typed(value, in.JSON)
	}
	result := env["result"]
	env["asInt"] = asInt
	env["asFloat"] = asFloat
	env["isNaN"] = math.IsNaN
	env["isInf"] = func(f float64) bool { return math.IsInf(f, 0) }
	env["isNil"] = func(any) bool { return result == nil }
	env["default"] = func(_ any, other any) any {
		if result == nil {
			return other
		}
		return result
	}
	return env
}

// typed turns {"$float": "NaN"} into a float64 and, outside JSON mode, a list of numbers into []float64.
func typed(value any, asJSON bool) any {
	switch v := value.(type) {
	case map[string]any:
		if text, ok := v["$float"].(string); ok && len(v) == 1 {
			f, err := strconv.ParseFloat(text, 64)
			if err != nil {
				panic(err)
			}
			return f
		}
		for key, item := range v {
			v[key] = typed(item, true)
		}
		return v
	case []any:
		floats := []float64{}
		for i, item := range v {
			v[i] = typed(item, true)
			if f, ok := v[i].(float64); ok {
				floats = append(floats, f)
			}
		}
		if !asJSON && len(floats) == len(v) {
			return floats
		}
		return v
	}
	return value
}

func asInt(in any) int64 {
	switch v := in.(type) {
	case float64:
		return int64(v)
	case int:
		return int64(v)
	case int64:
		return v
	case string:
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			panic(err)
		}
		return n
	}
	panic(errors.New("asInt() not supported on " + reflect.TypeOf(in).String()))
}

func asFloat(in any) float64 {
	switch v := in.(type) {
	case float64:
		return v
	case int:
		return float64(v)
	case int64:
		return float64(v)
	case string:
		f, err := strconv.ParseFloat(v, 64)
		if err != nil {
			panic(err)
		}
		return f
	}
	panic(errors.New("asFloat() not supported on " + reflect.TypeOf(in).String()))
}

type tagged struct {
	Type  string `json:"type"`
	Value any    `json:"value,omitempty"`
}

func encode(v reflect.Value) any {
	for v.IsValid() && (v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer) {
		if t, ok := v.Interface().(*time.Location); ok {
			return tagged{"timezone", t.String()}
		}
		v = v.Elem()
	}
	if !v.IsValid() {
		return tagged{Type: "nil"}
	}
	switch x := v.Interface().(type) {
	case time.Time:
		return tagged{"time", x.Format(time.RFC3339Nano)}
	case time.Duration:
		return tagged{"duration", strconv.FormatInt(int64(x), 10)}
	}
	switch v.Kind() {
	case reflect.Bool:
		return tagged{"bool", strconv.FormatBool(v.Bool())}
	case reflect.String:
		return tagged{"string", v.String()}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return tagged{"int", strconv.FormatInt(v.Int(), 10)}
	case reflect.Uint8:
		return tagged{"int", strconv.FormatUint(v.Uint(), 10)}
	case reflect.Float64:
		return tagged{"float", strconv.FormatFloat(v.Float(), 'g', -1, 64)}
	case reflect.Slice, reflect.Array:
		items := []any{}
		for i := range v.Len() {
			items = append(items, encode(v.Index(i)))
		}
		return tagged{"array", items}
	case reflect.Map:
		entries := [][2]any{}
		for _, key := range v.MapKeys() {
			entries = append(entries, [2]any{encode(key), encode(v.MapIndex(key))})
		}
		sort.Slice(entries, func(i, j int) bool { return fmt.Sprint(entries[i][0]) < fmt.Sprint(entries[j][0]) })
		return tagged{"map", entries}
	}
	return tagged{"other", v.Type().String()}
}
