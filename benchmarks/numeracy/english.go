package numeracy

import "fmt"

var enOperations = []form{
	func(d *draw) (string, int) {
		boxes, each, gone := d.from(4, 19), d.from(6, 24), d.from(3, 20)
		return fmt.Sprintf("%s packs %d boxes with %d oranges in each and then gives %d oranges away. How many oranges are left?", d.enName(), boxes, each, gone), boxes*each - gone
	},
	func(d *draw) (string, int) {
		kids, each, left := d.from(3, 12), d.from(4, 15), d.from(1, 2)
		return fmt.Sprintf("A teacher shares %d stickers equally among %d pupils and has %d left over. How many stickers does each pupil get?", kids*each+left, kids, left), each
	},
	func(d *draw) (string, int) {
		a, b, c := d.from(120, 480), d.from(30, 110), d.from(2, 6)
		return fmt.Sprintf("A library owns %d novels. It buys %d more each month for %d months. How many novels does it own then?", a, b, c), a + b*c
	},
	func(d *draw) (string, int) {
		price, n, paid := d.from(3, 9), d.from(4, 11), 100
		return fmt.Sprintf("%s buys %d tickets at %d dollars each and pays with a %d-dollar note. How many dollars does %s get back?", "Grace", n, price, paid, "she"), paid - price*n
	},
	func(d *draw) (string, int) {
		slow, gap, hours := d.from(40, 70), d.from(5, 25), d.from(2, 6)
		return fmt.Sprintf("Two trains leave a station in the same direction. One travels %d km per hour, the other %d km per hour. How many kilometres apart are they after %d hours?", slow, slow+gap, hours), gap * hours
	},
}

var enUnits = []form{
	func(d *draw) (string, int) {
		m, cm := d.from(2, 9), d.from(5, 95)
		return fmt.Sprintf("A rope is %d metres and %d centimetres long. How many centimetres is that?", m, cm), 100*m + cm
	},
	func(d *draw) (string, int) {
		kg, each := d.from(2, 8), []int{50, 100, 125, 200, 250}[d.IntN(5)]
		return fmt.Sprintf("A baker divides %d kilograms of dough into loaves of %d grams. How many loaves are there?", kg, each), 1000 * kg / each
	},
	func(d *draw) (string, int) {
		h, m := d.from(1, 5), d.from(3, 57)
		return fmt.Sprintf("A film lasts %d hours and %d minutes. How many minutes is that?", h, m), 60*h + m
	},
	func(d *draw) (string, int) {
		speed, minutes := 12*d.from(3, 9), []int{10, 15, 20, 30, 45}[d.IntN(5)]
		return fmt.Sprintf("A bus travels at a steady %d kilometres per hour. How many kilometres does it cover in %d minutes?", speed, minutes), speed * minutes / 60
	},
	func(d *draw) (string, int) {
		litres, cups := d.from(2, 9), d.from(1, 7)
		return fmt.Sprintf("A jug holds %d litres. %s pours out %d cups of 200 millilitres. How many millilitres are left?", litres, d.enName(), cups), 1000*litres - 200*cups
	},
}

var enWords = []form{
	func(d *draw) (string, int) {
		a, b := d.from(121, 987), d.from(21, 99)
		return fmt.Sprintf("What is %s plus %s?", enWord(a), enWord(b)), a + b
	},
	func(d *draw) (string, int) {
		a, b := d.from(2100, 9800), d.from(110, 990)
		return fmt.Sprintf("A town of %s people loses %s people. How many people remain?", enWord(a), enWord(b)), a - b
	},
	func(d *draw) (string, int) {
		dozens, extra := d.from(2, 12), d.from(1, 11)
		return fmt.Sprintf("%s has %s dozen eggs and %s more. How many eggs is that?", d.enName(), enWord(dozens), enWord(extra)), 12*dozens + extra
	},
	func(d *draw) (string, int) {
		n := 2 * d.from(16, 240)
		return fmt.Sprintf("What is half of %s?", enWord(n)), n / 2
	},
	func(d *draw) (string, int) {
		n := d.from(10203, 98765)
		return fmt.Sprintf("Write the number %s in digits.", enWord(n)), n
	},
}

var enDates = []form{
	func(d *draw) (string, int) {
		from := d.date()
		n := d.from(10, 80)
		to := from.AddDate(0, 0, n)
		return fmt.Sprintf("How many days after %s is %s?", from.Format("2 January 2006"), to.Format("2 January 2006")), n
	},
	func(d *draw) (string, int) {
		from := d.date()
		n := d.from(8, 60)
		return fmt.Sprintf("An exhibition opens on %s and runs for %d days, that day included. On which day of the month does it close? Answer with the day as a number.", from.Format("2 January 2006"), n), from.AddDate(0, 0, n-1).Day()
	},
	func(d *draw) (string, int) {
		h, m, len := d.from(6, 16), d.from(0, 59), d.from(35, 170)
		end := 60*h + m + len
		return fmt.Sprintf("A meeting starts at %02d:%02d and takes %d minutes. At which minute past the hour does it end? Answer with the minutes as a number.", h, m, len), end % 60
	},
	func(d *draw) (string, int) {
		year := d.from(1950, 2005)
		age := d.from(12, 60)
		return fmt.Sprintf("%s was born on 1 March %d. How old is %s on 2 March %d, in years?", "Elena", year, "she", year+age), age
	},
	func(d *draw) (string, int) {
		weeks, extra, off := d.from(5, 24), d.from(1, 6), d.from(2, 9)
		return fmt.Sprintf("A course runs daily for %d weeks and %d days, except for %d holidays. On how many days is there a class?", weeks, extra, off), 7*weeks + extra - off
	},
}
