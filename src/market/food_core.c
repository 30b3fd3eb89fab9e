/*
 * Closed lists of words for food; see food_core.h.
 */
#include <string.h>

#include "market/food_core.h"

const EcpCategory ecp_categories[ECP_CATEGORIES] = {
	{"bakery", {"Boulangerie", "Bakery", "Panadería", "مخبوزات"}},
	{"pastry", {"Pâtisserie et sucré", "Pastries and sweets", "Pastelería y dulces", "حلويات ومعجنات"}},
	{"fruit", {"Fruits", "Fruit", "Frutas", "فواكه"}},
	{"vegetables", {"Légumes", "Vegetables", "Verduras", "خضروات"}},
	{"fruit_and_vegetables", {"Fruits et légumes", "Fruit and vegetables", "Frutas y verduras", "فواكه وخضروات"}},
	{"dairy", {"Produits laitiers", "Dairy", "Lácteos", "منتجات الألبان"}},
	{"eggs", {"Œufs", "Eggs", "Huevos", "بيض"}},
	{"meat", {"Viande et charcuterie", "Meat and cold cuts", "Carne y embutidos", "لحوم"}},
	{"fish", {"Poisson et fruits de mer", "Fish and seafood", "Pescado y marisco", "أسماك ومأكولات بحرية"}},
	{"prepared_meal", {"Plats préparés", "Prepared meals", "Platos preparados", "وجبات جاهزة"}},
	{"grocery", {"Épicerie", "Groceries", "Comestibles", "بقالة"}},
	{"frozen", {"Surgelés", "Frozen food", "Congelados", "أطعمة مجمدة"}},
	{"drinks", {"Boissons", "Drinks", "Bebidas", "مشروبات"}},
	{"mixed_basket", {"Panier varié", "Mixed basket", "Cesta variada", "سلة متنوعة"}},
};

const char *const ecp_allergens[ECP_ALLERGENS] = {
	"gluten", "crustaces", "oeufs", "poissons", "arachides", "soja", "lait", "fruits_a_coque", "celeri", "moutarde", "sesame",
	"sulfites", "lupin", "mollusques"
};

static bool
is_word(const char *word, const char *text, size_t length)
{
	return strlen(word) == length && memcmp(word, text, length) == 0;
}

int
ecp_category_find(const char *code, size_t length)
{
	for (int i = 0; i < ECP_CATEGORIES; i++)
		if (is_word(ecp_categories[i].code, code, length))
			return i;
	return -1;
}

int
ecp_allergen_find(const char *code, size_t length)
{
	for (int i = 0; i < ECP_ALLERGENS; i++)
		if (is_word(ecp_allergens[i], code, length))
			return i;
	return -1;
}
