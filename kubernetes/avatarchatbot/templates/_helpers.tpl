{{- define "avatarchatbot.name" -}}
{{- printf "%s-%s" .root.Release.Name .service | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "avatarchatbot.selector" -}}
app.kubernetes.io/name: avatarchatbot
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .service }}
{{- end }}

{{- define "avatarchatbot.labels" -}}
{{ include "avatarchatbot.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "avatarchatbot.image" -}}
{{ .root.Values.image.registry }}/{{ .service }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{- /* The services that keep what people give them. */ -}}
{{- define "avatarchatbot.stores" -}}
{{- if has .service (list "animation" "describe" "gateway") }}true{{ end }}
{{- end }}

{{- define "avatarchatbot.security" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "avatarchatbot.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- /* Stages are asked through headless Services: the gateway chooses the least loaded of all their addresses itself. */ -}}
{{- define "avatarchatbot.url" -}}
http://{{ include "avatarchatbot.name" . }}:{{ (index .root.Values.services .service).port }}
{{- end }}

{{- /* Where a pod may run: services that keep things in a volume of one node must all be on that node. */ -}}
{{- define "avatarchatbot.affinity" -}}
{{- $affinity := deepCopy ((index .root.Values.services .service).affinity | default .root.Values.affinity) }}
{{- with .root.Values.storage }}
{{- if and (include "avatarchatbot.stores" $) (not .blobs) (not (has "ReadWriteMany" .volume.accessModes)) }}
{{- $together := dict "key" "app.kubernetes.io/component" "operator" "In" "values" (list "animation" "describe" "gateway") }}
{{- $labels := dict "app.kubernetes.io/name" "avatarchatbot" "app.kubernetes.io/instance" $.root.Release.Name }}
{{- $term := dict "topologyKey" "kubernetes.io/hostname" "labelSelector" (dict "matchLabels" $labels "matchExpressions" (list $together)) }}
{{- $affinity = merge $affinity (dict "podAffinity" (dict "requiredDuringSchedulingIgnoredDuringExecution" (list $term))) }}
{{- end }}
{{- end }}
{{- with $affinity }}{{ toYaml . }}{{ end }}
{{- end }}

{{- /* What cannot work is refused before anything is installed. */ -}}
{{- define "avatarchatbot.check" -}}
{{- if not (or .Values.auth.keysSecret .Values.auth.anonymous) }}
{{- fail "set auth.keysSecret (a Secret with the file of keys; `avatarchatbot key` makes them), or auth.anonymous=true where something else keeps others out" }}
{{- end }}
{{- $many := false }}
{{- range $name := list "gateway" "animation" "describe" }}
{{- $service := index $.Values.services $name }}
{{- if or (gt (int $service.replicas) 1) $service.autoscaling.enabled }}{{ $many = true }}{{ end }}
{{- end }}
{{- if and $many (not .Values.storage.blobs) (not (has "ReadWriteMany" .Values.storage.volume.accessModes)) (not .Values.storage.volume.hostPath) }}
{{- fail "several replicas of gateway, animation or describe need storage.blobs (s3://…), or a volume with ReadWriteMany" }}
{{- end }}
{{- $gateway := .Values.services.gateway }}
{{- $several := or (gt (int $gateway.replicas) 1) $gateway.autoscaling.enabled }}
{{- with .Values.storage }}
{{- if and (or .blobs (and $several (not .volume.hostPath))) (not .secret) }}
{{- fail "set storage.secret, a Secret with STORAGE_DATABASE: with storage.blobs, or several gateways, conversations are kept in PostgreSQL" }}
{{- end }}
{{- end }}
{{- end }}
