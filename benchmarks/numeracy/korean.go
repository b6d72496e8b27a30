package numeracy

import "fmt"

var koOperations = []form{
	func(d *draw) (string, int) {
		boxes, each, gone := d.from(4, 19), d.from(6, 24), d.from(3, 20)
		return fmt.Sprintf("%s 귤을 한 상자에 %d개씩 %d상자에 담은 뒤 %d개를 이웃에게 나누어 주었습니다. 남은 귤은 몇 개입니까?", josa(d.koName(), "이는", "는"), each, boxes, gone), boxes*each - gone
	},
	func(d *draw) (string, int) {
		kids, each, left := d.from(3, 12), d.from(4, 15), d.from(1, 2)
		return fmt.Sprintf("선생님이 색종이 %d장을 학생 %d명에게 똑같이 나누어 주었더니 %d장이 남았습니다. 학생 한 명이 받은 색종이는 몇 장입니까?", kids*each+left, kids, left), each
	},
	func(d *draw) (string, int) {
		price, n := 100*d.from(5, 14), d.from(3, 6)
		return fmt.Sprintf("%s 한 개에 %d원인 붕어빵을 %d개 사고 만 원짜리 지폐를 냈습니다. 거스름돈은 얼마(원)입니까?", josa(d.koName(), "이가", "가"), price, n), 10000 - price*n
	},
	func(d *draw) (string, int) {
		a, b, c := d.from(120, 480), d.from(30, 110), d.from(2, 6)
		return fmt.Sprintf("마을 도서관에 책이 %d권 있습니다. 매달 %d권씩 %d달 동안 새로 들여오면 책은 모두 몇 권이 됩니까?", a, b, c), a + b*c
	},
	func(d *draw) (string, int) {
		up, down, n := d.from(5, 9), d.from(1, 4), d.from(4, 9)
		return fmt.Sprintf("한 층에 계단이 %d칸인 건물에서 %d층을 올라갔다가 %d층을 내려왔습니다. 오르내린 계단은 모두 몇 칸입니까?", n, up, down), n * (up + down)
	},
}

var koUnits = []form{
	func(d *draw) (string, int) {
		m, cm := d.from(2, 9), d.from(5, 95)
		return fmt.Sprintf("끈의 길이가 %d미터 %d센티미터입니다. 모두 몇 센티미터입니까?", m, cm), 100*m + cm
	},
	func(d *draw) (string, int) {
		geun, more := d.from(2, 9), 10*d.from(3, 55)
		return fmt.Sprintf("고기 한 근은 600그램입니다. 고기 %d근에 %d그램을 더 얹으면 모두 몇 그램입니까?", geun, more), 600*geun + more
	},
	func(d *draw) (string, int) {
		h, m := d.from(1, 5), d.from(3, 57)
		return fmt.Sprintf("영화 상영 시간이 %d시간 %d분입니다. 모두 몇 분입니까?", h, m), 60*h + m
	},
	func(d *draw) (string, int) {
		speed, minutes := 12*d.from(3, 9), []int{10, 15, 20, 30, 45}[d.IntN(5)]
		return fmt.Sprintf("버스가 한 시간에 %d킬로미터씩 일정하게 달립니다. %d분 동안 몇 킬로미터를 갑니까?", speed, minutes), speed * minutes / 60
	},
	func(d *draw) (string, int) {
		litres, cups := d.from(2, 9), d.from(1, 7)
		return fmt.Sprintf("물통에 물이 %d리터 있습니다. 200밀리리터들이 컵으로 %d번 덜어 내면 남은 물은 몇 밀리리터입니까?", litres, cups), 1000*litres - 200*cups
	},
}

var koWords = []form{
	func(d *draw) (string, int) {
		a, b := d.from(11, 59), d.from(3, 29)
		return fmt.Sprintf("버스에 승객이 %s 명 타고 있었는데 다음 정류장에서 %s 명이 더 탔습니다. 승객은 모두 몇 명입니까?", koCount(a), koCount(b)), a + b
	},
	func(d *draw) (string, int) {
		a, b := 1000*d.from(12, 89), 100*d.from(11, 99)
		return fmt.Sprintf("통장에 %s 원이 있었는데 %s 원을 찾았습니다. 남은 돈은 몇 원입니까? 숫자로 답하세요.", koSino(a), koSino(b)), a - b
	},
	func(d *draw) (string, int) {
		n := d.from(10203, 98765)
		return fmt.Sprintf("'%s'을 아라비아 숫자로 쓰세요.", koSino(n)), n
	},
	func(d *draw) (string, int) {
		tables, seats := d.from(11, 29), d.from(3, 8)
		return fmt.Sprintf("식탁이 %s 개 있고 식탁마다 의자가 %s 개씩 있습니다. 의자는 모두 몇 개입니까?", koCount(tables), koCount(seats)), tables * seats
	},
	func(d *draw) (string, int) {
		age, years := d.from(21, 69), d.from(4, 25)
		return fmt.Sprintf("할머니는 올해 %s 살입니다. %s 년 뒤에는 몇 살이 됩니까?", koCount(age), koSino(years)), age + years
	},
}

var koDates = []form{
	func(d *draw) (string, int) {
		from := d.date()
		n := d.from(10, 80)
		return fmt.Sprintf("%s은 %s부터 며칠 뒤입니까?", from.AddDate(0, 0, n).Format("2006년 1월 2일"), from.Format("2006년 1월 2일")), n
	},
	func(d *draw) (string, int) {
		from := d.date()
		n := d.from(8, 60)
		return fmt.Sprintf("전시회가 %s에 시작하여 그날을 포함해 %d일 동안 열립니다. 마지막 날은 며칠입니까? 날짜의 일(日)만 숫자로 답하세요.", from.Format("2006년 1월 2일"), n), from.AddDate(0, 0, n-1).Day()
	},
	func(d *draw) (string, int) {
		h, m, length := d.from(1, 10), d.from(0, 59), d.from(35, 170)
		return fmt.Sprintf("회의가 오전 %d시 %d분에 시작하여 %d분 동안 이어졌습니다. 끝난 시각은 몇 분입니까? '시'는 빼고 '분'만 숫자로 답하세요.", h, m, length), (60*h + m + length) % 60
	},
	func(d *draw) (string, int) {
		start := d.IntN(7)
		n := d.from(9, 60)
		days := (d.IntN(7) + 7) % 7
		return fmt.Sprintf("오늘은 %s입니다. 오늘부터 %d일 안에(오늘은 빼고) %s은 몇 번 있습니까?", koDays[start], n, koDays[days]), countDays(start, n, days)
	},
	func(d *draw) (string, int) {
		weeks, extra, off := d.from(5, 24), d.from(1, 6), d.from(2, 9)
		return fmt.Sprintf("강좌가 %d주 %d일 동안 매일 열리는데 그 가운데 %d일은 쉽니다. 강좌가 열리는 날은 모두 며칠입니까?", weeks, extra, off), 7*weeks + extra - off
	},
}

// countDays counts a weekday among the n days after a day of weekday start.
func countDays(start, n, weekday int) int {
	count := 0
	for i := 1; i <= n; i++ {
		if (start+i)%7 == weekday {
			count++
		}
	}
	return count
}
