// Command fields prints how encoding/json writes a corev1.PodTemplateSpec: each struct's fields in the order of their declaration,
// with what is left out when empty. The pod-template hash is taken over exactly this form, so the table is a compatibility artefact
// and is only ever generated.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"runtime/debug"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

var marshaler = reflect.TypeFor[json.Marshaler]()

type table struct {
	order  []string
	fields map[string]string
}

// field writes `name:type`, `name!:type` for one that is written even when it is empty.
func (t *table) field(f reflect.StructField) string {
	name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	always := "!"
	for _, option := range strings.Split(options, ",") {
		if option == "omitempty" {
			always = ""
		}
		if option == "omitzero" {
			always = "~"
		}
	}
	return name + always + ":" + t.name(f.Type)
}

func (t *table) name(typ reflect.Type) string {
	switch typ.Kind() {
	case reflect.Pointer:
		return "*" + t.name(typ.Elem())
	case reflect.Slice:
		if typ.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		return "[]" + t.name(typ.Elem())
	case reflect.Map:
		return "{}" + t.name(typ.Elem())
	case reflect.Struct:
		if typ.Implements(marshaler) || reflect.PointerTo(typ).Implements(marshaler) {
			return "@" + typ.Name()
		}
		t.visit(typ)
		return typ.Name()
	case reflect.String, reflect.Bool, reflect.Int32, reflect.Int64:
		return typ.Kind().String()
	}
	panic("no notation for " + typ.String())
}

func (t *table) visit(typ reflect.Type) {
	if _, seen := t.fields[typ.Name()]; seen {
		return
	}
	t.fields[typ.Name()] = ""
	t.order = append(t.order, typ.Name())
	t.fields[typ.Name()] = strings.Join(t.flatten(typ), " ")
}

func (t *table) flatten(typ reflect.Type) []string {
	var list []string
	for i := range typ.NumField() {
		f := typ.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-":
		case f.Anonymous && name == "", name == "" && strings.Contains(f.Tag.Get("json"), "inline"):
			list = append(list, t.flatten(f.Type)...)
		case name == "":
			panic(typ.Name() + "." + f.Name + " has no JSON name")
		default:
			list = append(list, t.field(f))
		}
	}
	return list
}

func main() {
	t := &table{fields: map[string]string{}}
	t.visit(reflect.TypeFor[corev1.PodTemplateSpec]())
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == "k8s.io/api" {
				version = dep.Version
			}
		}
	}
	out := os.Stdout
	fmt.Fprintf(out, "/**\n * Written by tools/go-types/fields from k8s.io/api %s; do not edit. How Go writes a PodTemplateSpec as JSON:\n", version)
	fmt.Fprint(out, " * struct -> its fields in order. `!` is written even when empty, `~` is left out when zero; `*` pointer, `[]` list, `{}` map, `@` writes itself.\n */\n")
	fmt.Fprint(out, "export const podTemplateFields: Readonly<Record<string, string>> = {\n")
	for _, name := range t.order {
		fmt.Fprintf(out, "  %s:\n    '%s',\n", name, t.fields[name])
	}
	fmt.Fprint(out, "};\n")
}
