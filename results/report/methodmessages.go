package report

// methodMessages are the words for how numbers were made and why there are none, by
// key, as messages are those of reports. Their codes are those of results/stats and
// results/analysis.
var methodMessages = map[string]text{
	"part.interval": {"interval undefined: %s", "신뢰구간 산출 불가: %s"},
	"part.a":        {"a: %s", "a: %s"},
	"part.b":        {"b: %s", "b: %s"},

	"reason.no_data":             {"no data", "자료 없음"},
	"reason.bad_level":           {"the level is not between 0 and 1", "신뢰수준이 0과 1 사이가 아님"},
	"reason.bad_input":           {"%s", "자료가 서로 맞지 않음: %s"},
	"reason.not_binary":          {"a value is neither 0 nor 1: the scores are graded", "0이나 1이 아닌 값이 있음: 등급 점수임"},
	"reason.one_cluster":         {"one cluster: no standard error", "군집이 하나라 표준오차 없음"},
	"reason.no_spread":           {"no spread between clusters and no known range", "군집 사이에 변동이 없고 점수 범위도 알 수 없음"},
	"reason.resamples":           {"the resamples do not tell an interval", "재표집으로 신뢰구간을 정할 수 없음"},
	"reason.undefined_statistic": {"the statistic is undefined on these data", "이 자료에서는 통계량이 정의되지 않음"},
	"reason.chance_agreement":    {"chance agreement is 1", "우연 일치도가 1임"},
	"reason.all_alike":           {"no item tells any two models apart", "어느 두 모델도 갈라놓는 문항이 없음"},
	"reason.no_labels":           {"no human labels and no known judge errors", "사람의 표시도, 알려진 판정 오류도 없음"},
	"reason.too_few_labels":      {"too few labels for a standard error", "표시가 적어 표준오차를 낼 수 없음"},
	"reason.useless_judge":       {"sensitivity + specificity is at most 1: this judge tells nothing", "민감도와 특이도의 합이 1 이하: 이 판정자는 아무것도 알려 주지 않음"},
	"reason.recorded":            {"%s", "%s"},
	"reason.overflow":            {"the scores are too large or too small for the arithmetic", "점수가 너무 크거나 작아 계산할 수 없음"},

	"reason.no_scored":           {"no scored samples", "채점된 표본 없음"},
	"reason.no_side_items":       {"no items on this side", "이쪽 문항 없음"},
	"reason.no_benign":           {"no benign items: refusal is not shown without over-refusal", "무해 문항 없음: 과잉 거절 없이 거절만 보이지 않음"},
	"reason.one_side":            {"items of one side only", "한쪽 문항만 있음"},
	"reason.few_usable":          {"too few usable answers", "유효 답변이 너무 적음"},
	"reason.not_understood":      {"not understood", "이해하지 못함"},
	"reason.no_plain":            {"no plain items in this language", "이 언어에는 원래 문항이 없음"},
	"reason.battery":             {"a battery is not assessable", "평가할 수 없는 문항 묶음이 있음"},
	"reason.unlabelled":          {"no labels yet", "표시가 아직 없음"},
	"reason.few_labels":          {"%s of %s", "%[2]s개 중 %[1]s개"},
	"reason.late_answers":        {"%s answers came after the sample was drawn: extend it", "표본을 뽑은 뒤에 들어온 답변이 %s개이므로 표본을 늘려야 함"},
	"reason.unlabelled_strata":   {"%s answers lie in strata without a label yet", "표시가 아직 없는 층의 답변 %s개"},
	"reason.all_open":            {"all labels are open", "표시가 모두 미정임"},
	"reason.no_vote":             {"no label has a vote", "표시와 표가 함께 있는 답이 없음"},
	"reason.one_class":           {"all labels and verdicts are of one class", "표시와 판정이 모두 한 갈래임"},
	"reason.one_verdict":         {"every verdict is the same, which makes kappa 0", "판정이 모두 같아 κ가 0임"},
	"reason.one_class_left":      {"without one cluster a single class is left", "군집 하나를 빼면 한 갈래만 남음"},
	"reason.no_floor":            {"no floor declared", "기준선이 없음"},
	"reason.nobody_ordered":      {"no model stands in the order", "순서에 든 모델이 없음"},
	"reason.few_shared_clusters": {"the models share fewer than 2 clusters", "모델들이 함께 가진 군집이 2개 미만"},
	"reason.order":               {"%s", "순서를 계산할 수 없음: %s"},
}
