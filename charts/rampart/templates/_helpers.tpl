{{- define "rampart.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "rampart.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains (include "rampart.name" .) .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "rampart.name" .) | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "rampart.selectorLabels" -}}
app.kubernetes.io/name: {{ include "rampart.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "rampart.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "rampart.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: rampart
{{- end -}}

{{- define "rampart.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "rampart.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- required "serviceAccount.name must name an existing ServiceAccount when serviceAccount.create is false" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "rampart.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "rampart.rules" -}}
# Rollouts: read them, store their status, mirror the revision, fill in a missing size, put a template back.
- apiGroups: [argoproj.io]
  resources: [rollouts]
  verbs: [get, list, watch, patch]
- apiGroups: [argoproj.io]
  resources: [rollouts/status]
  verbs: [patch]
# AnalysisRuns: made for steps and in the background, measured, ended, and removed when they are old.
- apiGroups: [argoproj.io]
  resources: [analysisruns]
  verbs: [get, list, watch, create, patch, delete]
# Jobs of analyses: seen, so that their end is known at once. Only a RoleBinding in a namespace lets Rampart make or delete one there.
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, list, watch]
{{- if .Values.rbac.runAllJobs }}
- apiGroups: [batch]
  resources: [jobs]
  verbs: [create, delete]
# How the containers of those Jobs ended, and whether their images can be pulled.
- apiGroups: [""]
  resources: [pods]
  verbs: [list]
{{- end }}
- apiGroups: [argoproj.io]
  resources: [analysistemplates]
  verbs: [list, watch]
# Experiments: their status is stored with them; those of a Rollout's steps are made, ended, and removed when they are old.
- apiGroups: [argoproj.io]
  resources: [experiments]
  verbs: [get, list, watch, patch{{ if .Values.rbac.experiments }}, create, delete{{ end }}]
- apiGroups: [apps]
  resources: [replicasets]
  verbs: [get, list, watch, create, patch, delete]
{{- if .Values.rbac.workloadRef }}
# What a workloadRef names: its template is read; a Deployment gives its pods up as the Rollout gets its own.
- apiGroups: [apps]
  resources: [deployments]
  verbs: [get, list, watch]
- apiGroups: [apps]
  resources: [deployments/scale]
  verbs: [patch]
- apiGroups: [""]
  resources: [podtemplates]
  verbs: [get, list, watch]
{{- end }}
# Pods of Rollouts: read when they are restarted or change their role, given the labels and annotations of it, evicted under the users' budgets.
- apiGroups: [""]
  resources: [pods]
  verbs: [list, patch]
- apiGroups: [""]
  resources: [pods/eviction]
  verbs: [create]
# Services: their selectors are switched between revisions; templates of experiments get some of their own.
- apiGroups: [""]
  resources: [services]
  verbs: [get, list, watch, patch{{ if .Values.rbac.experiments }}, create, delete{{ end }}]
# Which Services have ready endpoints: no weight goes to one that has none.
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [list, watch]
# Events: each is written once, under a name made of what it says.
- apiGroups: [""]
  resources: [events]
  verbs: [create]
{{- if .Values.rbac.gatewayApi }}
- apiGroups: [gateway.networking.k8s.io]
  resources: [httproutes, grpcroutes, tcproutes, tlsroutes]
  verbs: [get, list, watch, patch]
{{- end }}
{{- if .Values.rbac.nginx }}
# Ingresses: the canary Ingress beside the user's is made, given weight, and taken away.
- apiGroups: [networking.k8s.io]
  resources: [ingresses]
  verbs: [get, list, watch, create, patch, delete]
{{- end }}
{{- if .Values.rbac.readAllSecrets }}
- apiGroups: [""]
  resources: [secrets]
  verbs: [get]
{{- end }}
{{- end -}}
