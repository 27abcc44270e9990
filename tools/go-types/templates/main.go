// Command templates prints a JSON list of random pod templates, each as the text that encoding/json writes for the typed struct: the
// fixture that shows that every field of every struct is written in Go's order and form. The seed is fixed.
package main

import (
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/randfill"
)

func main() {
	texts := []string{}
	for seed := range int64(20) {
		fill := randfill.NewWithSeed(seed).NilChance(0.4).NumElements(0, 2).MaxDepth(14).Funcs(
			func(q *resource.Quantity, c randfill.Continue) {
				*q = *resource.NewMilliQuantity(c.Int63n(1<<40), resource.DecimalSI)
			},
			func(v *intstr.IntOrString, c randfill.Continue) {
				if c.Bool() {
					*v = intstr.FromInt32(c.Int31())
				} else {
					*v = intstr.FromString(c.String(8))
				}
			},
			func(t *metav1.Time, c randfill.Continue) { *t = metav1.Unix(c.Int63n(4e9), 0) },
			func(n *int64, c randfill.Continue) { *n = c.Int63n(1 << 50) },
			func(m *metav1.ObjectMeta, c randfill.Continue) {
				c.Fill(&m.Labels)
				c.Fill(&m.Annotations)
			},
			func(s *string, c randfill.Continue) {
				*s = c.String(6)
				if c.Intn(8) == 0 {
					*s += "<a&b>\u2028\b\f\x01\u007f\U0001F600"
				}
			},
		)
		var template corev1.PodTemplateSpec
		fill.Fill(&template)
		text, err := json.Marshal(template)
		if err != nil {
			panic(err)
		}
		texts = append(texts, string(text))
	}
	out, err := json.MarshalIndent(texts, "", " ")
	if err != nil {
		panic(err)
	}
	fmt.Println(string(out))
}
