// What a reader of the page would stumble over, a line each: for 020_report.pl,
// in the browser. Nothing is changed but what has the focus.
(() => {
	const found = new Set();
	const say = (what, element) => found.add(what + ': ' + name_of(element));
	const name_of = element => element.tagName.toLowerCase() + (element.id ? '#' + element.id : '') +
		(element.className ? '.' + element.className.trim().replace(/\s+/g, '.') : '') + ' ' + (element.textContent ?? '').trim().slice(0, 40);
	const is_shown = element => element.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true });

	// ---- width: the page fits, and text stays in its box -------------------------------------------

	const scrolls = element => /auto|scroll/.test(getComputedStyle(element).overflowX);
	const box_of = node => {
		let element = node.parentElement;
		while (/^(inline|contents)$/.test(getComputedStyle(element).display))
			element = element.parentElement;
		return element;
	};

	const look_at_width = () => {
		const width = document.documentElement.clientWidth;
		if (document.documentElement.scrollWidth > width)
			say('wider than the page', document.documentElement);
		for (const element of document.body.querySelectorAll('*')) {
			const { left, right } = element.getBoundingClientRect();
			if (is_shown(element) && !element.closest('.scroll *') && (left < -1 || right > width + 1))
				say('out of the page', element);
		}
	};

	const texts = () => {
		const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		const nodes = [];
		while (walker.nextNode())
			if (walker.currentNode.data.trim() && is_shown(walker.currentNode.parentElement))
				nodes.push(walker.currentNode);
		return nodes;
	};

	const look_at_text = node => {
		const range = document.createRange();
		range.selectNodeContents(node);
		for (const box of [box_of(node), node.parentElement.closest('td, th') ?? document.body]) {
			const around = box.getBoundingClientRect();
			if ([...range.getClientRects()].some(({ left, right }) => left < around.left - 1 || right > around.right + 1))
				say('text out of its box', box);
		}
	};

	// ---- contrast, as WCAG 2 defines it ------------------------------------------------------------

	const parse = colour => {
		const parts = colour.match(/^rgba?\(([\d.]+), ([\d.]+), ([\d.]+)(?:, ([\d.]+))?\)$/);
		if (!parts)
			throw new Error('no such colour: ' + colour);
		return [...parts.slice(1, 4).map(Number), parts[4] === undefined ? 1 : Number(parts[4])];
	};
	const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
	const ground_of = element => {
		const own = parse(getComputedStyle(element).backgroundColor);
		if (own[3] === 1)
			return own;
		return over(own, element.parentElement ? ground_of(element.parentElement) : [255, 255, 255, 1]);
	};
	const luminance = colour => {
		const [r, g, b] = colour.map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const contrast = (one, other) => {
		const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
		return (light + 0.05) / (dark + 0.05);
	};

	const look_at_contrast = node => {
		const element = node.parentElement, style = getComputedStyle(element), ground = ground_of(element);
		const size = parseFloat(style.fontSize), is_large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
		const ratio = contrast(over(parse(style.color), ground), ground);
		if (ratio < (is_large ? 3 : 4.5))
			say('contrast of ' + ratio.toFixed(2), element);
	};

	// ---- keyboard: what scrolls or is clicked is reached, and shows that it is ---------------------

	const look_at_keys = () => {
		for (const element of document.querySelectorAll('[tabindex]'))
			if (element.tabIndex > 0)
				say('out of turn', element);
		for (const element of document.body.querySelectorAll('*'))
			if (is_shown(element) && scrolls(element) && (element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight) &&
				!(element.tabIndex === 0 && element.role && document.getElementById(element.getAttribute('aria-labelledby'))))
				say('scrolled by mouse alone, or without a name', element);
		for (const element of document.querySelectorAll('a[href], summary, [tabindex="0"]'))
			if (is_shown(element))
				look_at_focus(element);
		document.activeElement?.blur();
	};

	const look_at_focus = element => {
		element.focus({ focusVisible: true, preventScroll: true });
		const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);
		if (outlineStyle === 'none' || parseFloat(outlineWidth) < 2 || contrast(parse(outlineColor), ground_of(element.parentElement)) < 3)
			say('focus is not seen', element);
	};

	// ---- headings stay in sight where a table is scrolled ------------------------------------------

	const look_at_headings = region => {
		region.scrollTo({ top: 1e6, left: 1e6, behavior: 'instant' });
		const edge = region.getBoundingClientRect();
		const [head, line] = [region.querySelector('thead th'), region.querySelector('tbody tr:last-child > :first-child')];
		if (Math.abs(head.getBoundingClientRect().top - edge.top) > 2 && region.scrollTop > head.offsetTop)
			say('headings are scrolled away', region);
		if (line.tagName === 'TH' && Math.abs(line.getBoundingClientRect().left - edge.left) > 2)
			say('the first column is scrolled away', region);
		region.scrollTo({ top: 0, left: 0, behavior: 'instant' });
	};

	const is_paper = matchMedia('print').matches;
	if (!is_paper)
		look_at_width();
	for (const node of texts()) {
		look_at_text(node);
		look_at_contrast(node);
	}
	if (!is_paper) {
		look_at_keys();
		document.querySelectorAll('.scroll:has(thead)').forEach(region => is_shown(region) && look_at_headings(region));
	}
	return [...found].sort();
})()
