/*
 * message_catalogue.c
 *	  The sentences that persons read, by code and language.
 *
 * The reader stands at a counter or a till, perhaps in a hurry, perhaps
 * ashamed.  So: short sentences, no blame, what can be done next.  A sentence
 * for a hand-over says the same for a paid and for a free basket, and none
 * tells whether somebody else's row exists.
 *
 * A template holds placeholders, %{left}, inside optional parts, [...]: a part
 * is left out when one of its placeholders has no value, so what stands
 * outside brackets must read well alone.  Brackets do not nest and have no
 * other use.  "Tries left: 1" is written rather than "1 try left", because it
 * needs no plural, of which Arabic has several.
 */
#include "postgres.h"

#include "common/message_catalogue.h"

/* What French puts before a colon, an exclamation mark and a per cent sign. */
#define NBSP "\u00A0"

const EcpMessageLanguage ecp_message_languages[ECP_MESSAGE_LANGUAGES] = {
	{"fr", false},
	{"en", false},
	{"es", false},
	{"ar", true},
};

const EcpMessage ecp_messages[] = {
	/* The installation */
	{"ZE001", {
		"Le service n'est pas encore prêt. Merci de réessayer un peu plus tard.",
		"The service is not ready yet. Please try again a little later.",
		"El servicio aún no está listo. Inténtelo de nuevo un poco más tarde.",
		"الخدمة ليست جاهزة بعد. يُرجى المحاولة مرة أخرى بعد قليل.",
	}},
	{"ZE002", {
		"Le service est en cours de mise à jour. Merci de réessayer un peu plus tard.",
		"The service is being updated. Please try again a little later.",
		"El servicio se está actualizando. Inténtelo de nuevo un poco más tarde.",
		"يجري تحديث الخدمة. يُرجى المحاولة مرة أخرى بعد قليل.",
	}},

	/* The rules */
	{"ZE101", {
		"Nous ne trouvons pas ce que vous cherchez. Vérifiez, puis réessayez.",
		"We cannot find what you are looking for. Please check and try again.",
		"No encontramos lo que busca. Compruébelo y vuelva a intentarlo.",
		"لم نعثر على ما تبحث عنه. يُرجى التحقق ثم المحاولة مرة أخرى.",
	}},
	{"ZE102", {
		"Ce panier n'est plus proposé. Regardez les autres paniers près de vous.",
		"This basket is no longer offered. Have a look at the others near you.",
		"Esta cesta ya no se ofrece. Mire las demás cestas cerca de usted.",
		"لم تعد هذه السلة معروضة. يمكنك الاطلاع على السلال الأخرى القريبة منك.",
	}},
	{"ZE103", {
		"L'heure limite est passée.[ C'était possible jusqu'à %{until}.]",
		"The time for this has passed.[ It was possible until %{until}.]",
		"El plazo ha terminado.[ Era posible hasta %{until}.]",
		"انتهى الوقت المحدد.[ كان ذلك ممكنًا حتى %{until}.]",
	}},
	{"ZE104", {
		"Il n'y a plus assez de paniers.[ Paniers restants" NBSP ": %{left}.]",
		"There are not enough baskets left.[ Baskets left: %{left}.]",
		"No quedan suficientes cestas.[ Cestas restantes: %{left}.]",
		"لم يبقَ عدد كافٍ من السلال.[ السلال المتبقية: %{left}.]",
	}},
	{"ZE105", {
		"C'est plus que le nombre de paniers gratuits prévu pour la journée."
		"[ Limite du jour" NBSP ": %{limit}.][ Encore possible" NBSP ": %{left}.]",
		"This is more than the number of free baskets planned for the day."
		"[ Daily limit: %{limit}.][ Still possible: %{left}.]",
		"Supera el número de cestas gratuitas previsto para el día."
		"[ Límite diario: %{limit}.][ Aún disponibles: %{left}.]",
		"هذا أكثر من عدد السلال المجانية المقرر لليوم."
		"[ الحد اليومي: %{limit}.][ ما زال متاحًا: %{left}.]",
	}},
	{"ZE106", {
		"Votre accès aux paniers gratuits n'est pas confirmé pour le moment. "
		"Une association ou un service social près de chez vous peut vous aider.",
		"Your access to free baskets is not confirmed at the moment. "
		"A charity or a social service near you can help.",
		"Su acceso a las cestas gratuitas no está confirmado por ahora. "
		"Una asociación o un servicio social cercano puede ayudarle.",
		"لم يُؤكَّد حقك في السلال المجانية في الوقت الحالي. "
		"يمكن لجمعية أو خدمة اجتماعية قريبة منك أن تساعدك.",
	}},
	{"ZE107", {
		"Cette étape n'est pas possible pour le moment. Actualisez l'écran pour voir où vous en êtes.",
		"This step is not possible right now. Refresh the screen to see where things stand.",
		"Este paso no es posible en este momento. Actualice la pantalla para ver la situación.",
		"هذه الخطوة غير ممكنة الآن. حدّث الشاشة لمعرفة الوضع الحالي.",
	}},
	{"ZE108", {
		"La date limite de consommation est passée ou trop proche[ (%{use_by})]. "
		"Pour la santé de tous, ce produit ne peut être ni vendu ni donné.",
		"The use-by date has passed or is too close[ (%{use_by})]. "
		"For everyone's safety, this product can be neither sold nor given.",
		"La fecha de caducidad ha pasado o está demasiado cerca[ (%{use_by})]. "
		"Por la salud de todos, este producto no se puede vender ni donar.",
		"انتهى تاريخ الصلاحية أو اقترب جدًا[ (%{use_by})]. "
		"حفاظًا على صحة الجميع، لا يمكن بيع هذا المنتج ولا التبرع به.",
	}},
	{"ZE109", {
		"Le prix n'est pas dans les limites prévues."
		"[ La remise va de %{min}" NBSP "% à %{max}" NBSP "% du prix d'origine.]",
		"The price is outside the agreed limits."
		"[ The discount runs from %{min}% to %{max}% of the original price.]",
		"El precio está fuera de los límites previstos."
		"[ El descuento va del %{min}" NBSP "% al %{max}" NBSP "% del precio original.]",
		"السعر خارج الحدود المقررة."
		"[ يتراوح الخصم بين %{min}% و%{max}% من السعر الأصلي.]",
	}},
	{"ZE110", {
		"Une autre demande a déjà été envoyée sous ce numéro. Recommencez depuis le début.",
		"Another request was already sent under this number. Please start again.",
		"Ya se envió otra solicitud con este número. Empiece de nuevo.",
		"سبق إرسال طلب آخر بهذا الرقم. يُرجى البدء من جديد.",
	}},
	{"ZE111", {
		"Cet élément a déjà servi. Son historique est conservé" NBSP
		": il ne peut être ni supprimé ni réécrit.",
		"This has already been used. Its history is kept, so it can be neither deleted nor rewritten.",
		"Este elemento ya se ha utilizado. Su historial se conserva: no se puede borrar ni reescribir.",
		"سبق استخدام هذا العنصر. يُحفظ سجله، لذا لا يمكن حذفه ولا تعديله.",
	}},
	{"ZE112", {
		"Cette valeur est calculée automatiquement. Elle ne se modifie pas à la main.",
		"This value is worked out automatically. It cannot be changed by hand.",
		"Este valor se calcula automáticamente. No se puede cambiar a mano.",
		"تُحسب هذه القيمة تلقائيًا. لا يمكن تغييرها يدويًا.",
	}},
	{"ZE113", {
		"Il manque un réglage de sécurité. Merci de prévenir la personne qui gère le service.",
		"A security setting is missing. Please tell the person who runs the service.",
		"Falta un ajuste de seguridad. Avise a la persona que gestiona el servicio.",
		"أحد إعدادات الأمان مفقود. يُرجى إبلاغ الشخص المسؤول عن الخدمة.",
	}},
	{"ZE114", {
		"Aucun nouveau code ne peut être attribué cette année. "
		"Merci de prévenir la personne qui gère le service.",
		"No new code can be given this year. Please tell the person who runs the service.",
		"No se pueden asignar más códigos este año. Avise a la persona que gestiona el servicio.",
		"لا يمكن منح رمز جديد هذا العام. يُرجى إبلاغ الشخص المسؤول عن الخدمة.",
	}},
	{"ZE115", {
		"Il manque des informations obligatoires pour publier ce panier."
		"[ À compléter" NBSP ": %{missing}.]",
		"Some information that is required to publish this basket is missing."
		"[ To fill in: %{missing}.]",
		"Falta información obligatoria para publicar esta cesta."
		"[ Por completar: %{missing}.]",
		"تنقص معلومات إلزامية لنشر هذه السلة."
		"[ يُرجى استكمال: %{missing}.]",
	}},
	{"ZE116", {
		"Nous n'avons pas pu vous reconnaître. Merci de vous reconnecter.",
		"We could not recognise you. Please sign in again.",
		"No hemos podido reconocerle. Vuelva a iniciar sesión.",
		"لم نتمكن من التعرف عليك. يُرجى تسجيل الدخول مرة أخرى.",
	}},
	{"ZE117", {
		"Merci d'indiquer la raison de cette décision.",
		"Please give the reason for this decision.",
		"Indique el motivo de esta decisión.",
		"يُرجى ذكر سبب هذا القرار.",
	}},
	{"ZE118", {
		"Cette structure n'est pas habilitée pour cette étape aujourd'hui.",
		"This organisation is not accredited for this step today.",
		"Esta entidad no está habilitada para este paso hoy.",
		"هذه الجهة غير معتمدة اليوم لهذه الخطوة.",
	}},
	{"ZE119", {
		"Cette personne a déjà un droit vérifié. Elle peut demander son transfert ici.",
		"This person already holds a verified right. They can ask to have it transferred here.",
		"Esta persona ya tiene un derecho verificado. Puede pedir que se transfiera aquí.",
		"لدى هذا الشخص حق موثَّق بالفعل. يمكنه طلب نقله إلى هنا.",
	}},
	{"ZE120", {
		"Trop de demandes en peu de temps. Merci de réessayer dans une minute.",
		"Too many requests in a short time. Please try again in a minute.",
		"Demasiadas solicitudes en poco tiempo. Inténtelo de nuevo dentro de un minuto.",
		"طلبات كثيرة في وقت قصير. يُرجى المحاولة مرة أخرى بعد دقيقة.",
	}},
	{"ZE121", {
		"La personne n'a pas donné son accord pour cela. Rien n'a été fait.",
		"The person has not agreed to this. Nothing was done.",
		"La persona no ha dado su acuerdo para esto. No se ha hecho nada.",
		"لم يوافق الشخص على ذلك. لم يُنفَّذ أي شيء.",
	}},
	{"ZE122", {
		"Quelque chose est encore en cours[" NBSP ": %{open}]. Terminez ou annulez d'abord, puis réessayez.",
		"Something is still open[: %{open}]. Finish or cancel it first, then try again.",
		"Todavía hay algo pendiente[: %{open}]. Termínelo o cancélelo primero y vuelva a intentarlo.",
		"ما زال هناك أمر قيد التنفيذ[: %{open}]. يُرجى إنهاؤه أو إلغاؤه أولًا ثم المحاولة مرة أخرى.",
	}},
	{"ZE123", {
		"Ces données sont protégées. Indiquez d'abord pourquoi vous devez les consulter.",
		"This data is protected. First state why you need to read it.",
		"Estos datos están protegidos. Indique primero por qué necesita consultarlos.",
		"هذه البيانات محمية. يُرجى أولًا ذكر سبب حاجتك إلى الاطلاع عليها.",
	}},
	{"ZE124", {
		"Il manque l'empreinte qui évite un double droit. Saisissez l'identité dans l'application, puis réessayez.",
		"The fingerprint that prevents a second right is missing. Enter the identity in the application, then try again.",
		"Falta la huella que evita un doble derecho. Introduzca la identidad en la aplicación y vuelva a intentarlo.",
		"تنقص البصمة التي تمنع تكرار الحق. أدخل الهوية في التطبيق ثم حاول مرة أخرى.",
	}},
	{"ZE125", {
		"Le nombre de photos de votre formule est atteint pour ce mois.[ Il repart le %{until}.] Vous pouvez créer l'annonce à la main.",
		"Your plan's number of photos is reached for this month.[ It starts again on %{until}.] You can write the offer by hand.",
		"Se alcanzó el número de fotos de su plan para este mes.[ Vuelve a empezar el %{until}.] Puede crear el anuncio a mano.",
		"تم بلوغ عدد الصور المسموح به في باقتكم لهذا الشهر.[ يُستأنف في %{until}.] يمكنكم كتابة العرض يدويًا.",
	}},
	{"ZE126", {
		"Cette photo ne peut pas être lue. Reprenez-la, ou choisissez-en une autre (JPEG, PNG ou WebP, 7 Mo au plus).",
		"This photo cannot be read. Take it again, or choose another one (JPEG, PNG or WebP, at most 7 MB).",
		"No se puede leer esta foto. Hágala de nuevo o elija otra (JPEG, PNG o WebP, 7 MB como máximo).",
		"تعذّرت قراءة هذه الصورة. التقطوها من جديد أو اختاروا غيرها (JPEG أو PNG أو WebP، بحد أقصى 7 ميغابايت).",
	}},
	{"ZE127", {
		"Cette adresse n'est pas autorisée. Demandez à l'administrateur du territoire de l'ajouter.",
		"This address is not allowed. Ask the territory's administrator to add it.",
		"Esta dirección no está autorizada. Pida al administrador del territorio que la añada.",
		"هذا العنوان غير مسموح به. اطلبوا من مسؤول المنطقة إضافته.",
	}},
	{"ZE128", {
		"Vos paniers gratuits sont suspendus[ jusqu'au %{until}], après plusieurs paniers non retirés. Les autres paniers restent ouverts.",
		"Your free baskets are paused[ until %{until}], after several baskets were not fetched. Other baskets stay open to you.",
		"Sus cestas gratuitas están en pausa[ hasta el %{until}], tras varias cestas no recogidas. Las demás cestas siguen disponibles.",
		"سلالكم المجانية متوقفة مؤقتًا[ حتى %{until}] بعد عدم استلام عدة سلال. تبقى السلال الأخرى متاحة لكم.",
	}},
	{"ZE129", {
		"Votre formule ne permet pas de publier plus[ de %{limit}] lots aujourd'hui. Les brouillons restent là pour demain.",
		"Your plan does not allow more[ than %{limit}] lots to be published today. Drafts are kept for tomorrow.",
		"Su plan no permite publicar más[ de %{limit}] lotes hoy. Los borradores se conservan para mañana.",
		"لا تسمح باقتكم بنشر المزيد[ عن %{limit}] من العروض اليوم. تبقى المسودات محفوظة للغد.",
	}},
	{"ZE130", {
		"Ces denrées se donnent et ne se vendent pas. Placez toutes les unités dans la part solidaire.",
		"These goods are given and never sold. Put all units into the solidarity pool.",
		"Estos productos se donan y no se venden. Ponga todas las unidades en la parte solidaria.",
		"هذه المواد تُعطى ولا تُباع. ضعوا جميع الوحدات في الحصة التضامنية.",
	}},
	{"ZE131", {
		"La date limite est trop proche pour un don. L'association peut déclarer qu'elle distribue à temps.",
		"The use-by date is too close for a donation. The association can declare that it distributes in time.",
		"La fecha de caducidad está demasiado cerca para una donación. La asociación puede declarar que distribuye a tiempo.",
		"تاريخ الصلاحية قريب جدًا للتبرع. يمكن للجمعية أن تصرّح بأنها توزّع في الوقت المناسب.",
	}},
	{"ZE132", {
		"Ce tour d'attribution est terminé. D'autres suivront.",
		"This allotment round is over. Others will follow.",
		"Esta ronda de asignación ha terminado. Habrá otras.",
		"انتهت جولة التوزيع هذه. ستليها جولات أخرى.",
	}},

	/* The verdicts of a hand-over */
	{"handed_over", {
		"Tout est en ordre" NBSP ": le panier peut être remis."
		"[ Quantité" NBSP ": %{quantity}.] Bonne journée" NBSP "!",
		"All is well: the basket can be handed over.[ Quantity: %{quantity}.] Have a good day!",
		"Todo está en orden: la cesta se puede entregar.[ Cantidad: %{quantity}.] ¡Que tenga un buen día!",
		"كل شيء على ما يرام: يمكن تسليم السلة.[ الكمية: %{quantity}.] نتمنى لك يومًا سعيدًا!",
	}},
	{"wrong_pin", {
		"Le code à six chiffres ne correspond pas. Vérifiez-le, puis réessayez."
		"[ Essais restants" NBSP ": %{left}.]",
		"The six-digit code does not match. Please check it and try again.[ Tries left: %{left}.]",
		"El código de seis cifras no coincide. Compruébelo y vuelva a intentarlo."
		"[ Intentos restantes: %{left}.]",
		"الرمز المكوَّن من ستة أرقام غير مطابق. يُرجى التحقق منه والمحاولة مرة أخرى."
		"[ المحاولات المتبقية: %{left}.]",
	}},
	{"locked", {
		"Trop d'essais sur cet appareil. Le panier reste réservé" NBSP
		": un membre de l'équipe peut débloquer la remise.",
		"Too many tries on this device. The basket stays reserved: a member of staff can unlock it.",
		"Demasiados intentos en este dispositivo. La cesta sigue reservada: "
		"una persona del equipo puede desbloquear la entrega.",
		"محاولات كثيرة على هذا الجهاز. تبقى السلة محجوزة: يمكن لأحد أفراد الفريق فتح التسليم.",
	}},
	{"invalid", {
		"Ce code n'est pas reconnu. Affichez de nouveau le code QR, puis réessayez.",
		"This code is not recognised. Please show the QR code again and retry.",
		"No se reconoce este código. Muestre de nuevo el código QR e inténtelo otra vez.",
		"لم يتم التعرف على هذا الرمز. يُرجى إظهار رمز QR من جديد والمحاولة مرة أخرى.",
	}},
	{"expired", {
		"Ce code QR n'est plus à jour. Ouvrez de nouveau la réservation pour l'actualiser.",
		"This QR code is out of date. Open the reservation again to refresh it.",
		"Este código QR ya no está al día. Abra de nuevo la reserva para actualizarlo.",
		"لم يعد رمز QR هذا صالحًا. افتح الحجز من جديد لتحديثه.",
	}},
	{"already_collected", {
		"Ce panier a déjà été remis[ (%{at})].",
		"This basket has already been handed over[ (%{at})].",
		"Esta cesta ya se ha entregado[ (%{at})].",
		"سبق تسليم هذه السلة[ (%{at})].",
	}},
	{"cancelled", {
		"Cette réservation a été annulée. D'autres paniers sont peut-être disponibles.",
		"This reservation was cancelled. Other baskets may be available.",
		"Esta reserva se ha cancelado. Puede que haya otras cestas disponibles.",
		"أُلغي هذا الحجز. قد تكون هناك سلال أخرى متاحة.",
	}},
	{"too_early", {
		"Il est encore un peu tôt pour ce retrait.[ Il commence à %{from}.] Le panier reste réservé.",
		"It is still a little early for this pickup.[ It starts at %{from}.] The basket stays reserved.",
		"Todavía es un poco pronto para esta recogida.[ Empieza a esta hora: %{from}.] "
		"La cesta sigue reservada.",
		"ما زال الوقت مبكرًا قليلًا لهذا الاستلام.[ يبدأ الاستلام عند %{from}.] تبقى السلة محجوزة.",
	}},
	{"too_late", {
		"L'heure de ce retrait est passée.[ Il se terminait à %{until}.] L'équipe peut vous renseigner.",
		"The time for this pickup has passed.[ It ended at %{until}.] The staff can help you.",
		"La hora de esta recogida ha pasado.[ Terminó a esta hora: %{until}.] El equipo puede ayudarle.",
		"انتهى وقت هذا الاستلام.[ كان ينتهي عند %{until}.] يمكن للفريق مساعدتك.",
	}},
	{"not_signed_in", {
		"Ce poste n'est plus connecté. Connectez-vous, puis lisez le code à nouveau.",
		"This station is no longer signed in. Sign in, then read the code again.",
		"Este puesto ya no tiene la sesión iniciada. Inicie sesión y vuelva a leer el código.",
		"لم يعد هذا الجهاز مسجّل الدخول. سجّل الدخول ثم اقرأ الرمز مرة أخرى.",
	}},

	/* The kiosk: its screen and its answers */
	{"kiosk_greeting", {
		"Bonjour[ %{name}]" NBSP "!",
		"Hello[ %{name}]!",
		"¡Hola[, %{name}]!",
		"مرحبًا[ %{name}]!",
	}},
	{"kiosk_units", {
		"Voici ce que vous pouvez encore réserver aujourd'hui.[ Paniers" NBSP ": %{left}.]",
		"This is what you can still reserve today.[ Baskets: %{left}.]",
		"Esto es lo que aún puede reservar hoy.[ Cestas: %{left}.]",
		"هذا ما يمكنك حجزه اليوم بعد.[ السلال: %{left}.]",
	}},
	{"kiosk_limit", {
		"Il y a une limite par jour, pour que chacun ait sa part" NBSP "; elle recommence à minuit.[ Limite du jour" NBSP ": %{limit}.]",
		"There is a limit each day, so that everybody gets a share; it starts again at midnight.[ Daily limit: %{limit}.]",
		"Hay un límite diario para que alcance para todos; empieza de nuevo a medianoche.[ Límite diario: %{limit}.]",
		"هناك حد يومي حتى ينال كل شخص نصيبه، ويبدأ من جديد عند منتصف الليل.[ الحد اليومي: %{limit}.]",
	}},
	{"kiosk_right", {
		"Votre droit est en cours.[ Il est valable jusqu'au %{until}.]",
		"Your right is in force.[ It is valid until %{until}.]",
		"Su derecho está en vigor.[ Es válido hasta el %{until}.]",
		"حقك سارٍ.[ وهو صالح حتى %{until}.]",
	}},
	{"kiosk_baskets", {
		"Voici les paniers qui vous attendent.",
		"These baskets are waiting for you.",
		"Estas cestas le esperan.",
		"هذه السلال في انتظارك.",
	}},
	{"kiosk_no_baskets", {
		"Aucun panier ne vous attend pour le moment.",
		"No basket is waiting for you at the moment.",
		"Por ahora no le espera ninguna cesta.",
		"لا توجد سلة في انتظارك حاليًا.",
	}},
	{"kiosk_offers", {
		"Vous pouvez réserver ces paniers maintenant.",
		"You can reserve these baskets now.",
		"Puede reservar estas cestas ahora.",
		"يمكنك حجز هذه السلال الآن.",
	}},
	{"kiosk_no_offers", {
		"Il n'y a pas de panier à réserver pour le moment. Revenez un peu plus tard.",
		"There is no basket to reserve at the moment. Please come back a little later.",
		"Por ahora no hay cestas para reservar. Vuelva un poco más tarde.",
		"لا توجد سلة للحجز حاليًا. يُرجى العودة بعد قليل.",
	}},
	{"kiosk_pickup", {
		"Au retrait, montrez le QR code, puis dites le code à six chiffres.",
		"At pickup, show the QR code, then say the six-digit code.",
		"Al recoger, muestre el código QR y diga el código de seis cifras.",
		"عند الاستلام، أظهر رمز QR ثم اذكر الرمز المكوَّن من ستة أرقام.",
	}},
	{"kiosk_leave", {
		"Pensez à reprendre votre carte et à fermer la session.",
		"Please take your card and close the session.",
		"Recuerde retirar su tarjeta y cerrar la sesión.",
		"لا تنسَ أخذ بطاقتك وإغلاق الجلسة.",
	}},
	{"kiosk_refused", {
		"La carte, le code ou la session ne convient pas. Réessayez, ou demandez à l'accueil.",
		"The card, the code or the session is not accepted. Please try again, or ask at the desk.",
		"La tarjeta, el código o la sesión no es válida. Inténtelo de nuevo o pregunte en recepción.",
		"البطاقة أو الرمز أو الجلسة غير مقبولة. يُرجى المحاولة مرة أخرى أو السؤال في الاستقبال.",
	}},
	{"kiosk_locked", {
		"Il y a eu trop d'essais. Attendez un peu, ou demandez à l'accueil.",
		"There were too many tries. Please wait a little, or ask at the desk.",
		"Hubo demasiados intentos. Espere un poco o pregunte en recepción.",
		"كان هناك عدد كبير من المحاولات. يُرجى الانتظار قليلًا أو السؤال في الاستقبال.",
	}},
	{"kiosk_not_possible", {
		"Ce n'est pas possible. Réessayez, ou demandez à l'accueil.",
		"This is not possible. Please try again, or ask at the desk.",
		"Esto no es posible. Inténtelo de nuevo o pregunte en recepción.",
		"هذا غير ممكن. يُرجى المحاولة مرة أخرى أو السؤال في الاستقبال.",
	}},

	/* Why a photo brought no listing */
	{"model_busy", {
		"La lecture des photos est très demandée en ce moment. Réessayez dans une heure, ou créez l'annonce à la main.",
		"Reading photos is in great demand right now. Try again in an hour, or write the offer by hand.",
		"La lectura de fotos está muy solicitada ahora. Inténtelo de nuevo en una hora o cree el anuncio a mano.",
		"هناك طلب كبير على قراءة الصور الآن. يُرجى المحاولة بعد ساعة، أو كتابة العرض يدويًا.",
	}},
	{"model_silent", {
		"La lecture des photos ne répond pas. Réessayez plus tard, ou créez l'annonce à la main.",
		"Reading photos does not answer. Try again later, or write the offer by hand.",
		"La lectura de fotos no responde. Inténtelo más tarde o cree el anuncio a mano.",
		"خدمة قراءة الصور لا تستجيب. يُرجى المحاولة لاحقًا، أو كتابة العرض يدويًا.",
	}},
	{"model_refused", {
		"La lecture des photos n'est pas disponible. Prévenez l'administrateur du territoire" NBSP "; en attendant, créez l'annonce à la main.",
		"Reading photos is not available. Tell the territory's administrator; meanwhile, write the offer by hand.",
		"La lectura de fotos no está disponible. Avise al administrador del territorio; mientras tanto, cree el anuncio a mano.",
		"قراءة الصور غير متاحة. يُرجى إبلاغ مسؤول المنطقة، وكتابة العرض يدويًا في هذه الأثناء.",
	}},
	{"photo_refused", {
		"Cette photo n'a pas pu être lue. Prenez-en une autre, nette et bien éclairée.",
		"This photo could not be read. Take another one, sharp and in good light.",
		"No se pudo leer esta foto. Haga otra, nítida y bien iluminada.",
		"تعذّرت قراءة هذه الصورة. التقطوا صورة أخرى واضحة وجيدة الإضاءة.",
	}},
	{"photo_blocked", {
		"Cette photo n'est pas acceptée. Photographiez les produits seuls, sans personne ni document.",
		"This photo is not accepted. Take a picture of the products alone, without people or papers.",
		"Esta foto no se acepta. Fotografíe solo los productos, sin personas ni documentos.",
		"هذه الصورة غير مقبولة. صوّروا المنتجات وحدها، دون أشخاص أو وثائق.",
	}},
	{"nothing_seen", {
		"Aucun aliment n'a été reconnu. Photographiez les produits de plus près, ou créez l'annonce à la main.",
		"No food was recognised. Take a picture of the products from closer, or write the offer by hand.",
		"No se reconoció ningún alimento. Fotografíe los productos más de cerca o cree el anuncio a mano.",
		"لم يتم التعرّف على أي طعام. صوّروا المنتجات من مسافة أقرب، أو اكتبوا العرض يدويًا.",
	}},
	{"answer_unusable", {
		"La réponse n'est pas utilisable. Réessayez, ou créez l'annonce à la main.",
		"The answer is not usable. Try again, or write the offer by hand.",
		"La respuesta no es utilizable. Inténtelo de nuevo o cree el anuncio a mano.",
		"الإجابة غير صالحة للاستعمال. يُرجى المحاولة مرة أخرى، أو كتابة العرض يدويًا.",
	}},

	/* How baskets that were not fetched weigh on a person: my_standing() */
	{"standing_clear", {
		"Rien ne limite vos paniers gratuits.",
		"Nothing limits your free baskets.",
		"Nada limita sus cestas gratuitas.",
		"لا شيء يحدّ من سلالك المجانية.",
	}},
	{"standing_counted", {
		"Paniers gratuits non retirés récemment[ (sur %{days} jours)][" NBSP ": %{count}]. Rien ne change pour l'instant.[ À partir de %{from}, la limite du jour baisse.] Vous ne pourrez pas venir" NBSP "? Annulez à temps, rien n'est compté.",
		"Free baskets not fetched lately[ (in %{days} days)][: %{count}]. Nothing changes for now.[ From %{from} on, the limit of the day is lower.] You cannot come? Cancel in time, and nothing is counted.",
		"Cestas gratuitas no recogidas últimamente[ (en %{days} días)][: %{count}]. Por ahora no cambia nada.[ A partir de %{from}, el límite del día baja.] ¿No podrá venir? Cancele a tiempo y no se cuenta nada.",
		"سلال مجانية لم تُستلم مؤخرًا[ (خلال %{days} يومًا)][: %{count}]. لا يتغير شيء في الوقت الحالي.[ ابتداءً من %{from} ينخفض الحد اليومي.] لا يمكنك الحضور؟ ألغِ الحجز في الوقت المناسب ولن يُحتسب شيء.",
	}},
	{"standing_reduced", {
		"Votre limite de paniers gratuits par jour est réduite[ jusqu'au %{until}], après plusieurs paniers non retirés[" NBSP ": %{count}]. Ensuite, elle remonte d'elle-même.",
		"Your limit of free baskets a day is lower[ until %{until}], after several baskets were not fetched[: %{count}]. Then it rises again by itself.",
		"Su límite de cestas gratuitas al día es menor[ hasta el %{until}], tras varias cestas no recogidas[: %{count}]. Después vuelve a subir por sí solo.",
		"حدّك اليومي من السلال المجانية منخفض[ حتى %{until}] بعد عدم استلام عدة سلال[: %{count}]. ثم يرتفع من جديد من تلقاء نفسه.",
	}},

	/* Mail: what is said around the sentence of a notification */
	{"mail.subject", {
		"Un message pour vous",
		"A message for you",
		"Un mensaje para usted",
		"رسالة لك",
	}},
	{"mail.greeting", {
		"Bonjour[ %{name}],",
		"Hello[ %{name}],",
		"Hola[, %{name}]:",
		"مرحبًا[ %{name}]،",
	}},
	{"mail.qr", {
		"Montrez le code de l'image à votre arrivée. On vous demandera aussi vos six chiffres" NBSP ": ils sont dans votre espace, jamais dans un message.",
		"Show the code in the picture when you arrive. You will also be asked for your six digits: they are in your account, never in a message.",
		"Muestre el código de la imagen al llegar. También le pedirán sus seis cifras: están en su espacio personal, nunca en un mensaje.",
		"أظهر الرمز الموجود في الصورة عند وصولك. سيُطلب منك أيضًا أرقامك الستة: تجدها في حسابك، ولا تُرسل أبدًا في رسالة.",
	}},
	{"mail.qr.alt", {
		"Code à montrer au retrait",
		"Code to show at pickup",
		"Código para mostrar al recoger",
		"الرمز الذي تُظهره عند الاستلام",
	}},
	{"mail.footer", {
		"Vous recevez ce message parce que vous l'avez accepté. Vous pouvez arrêter à tout moment, sans raison et sans rien perdre.",
		"You get this message because you agreed to it. You can stop at any time, without a reason and without losing anything.",
		"Recibe este mensaje porque lo aceptó. Puede dejarlo en cualquier momento, sin motivo y sin perder nada.",
		"تصلك هذه الرسالة لأنك وافقت عليها. يمكنك التوقف في أي وقت، دون سبب ودون أن تخسر شيئًا.",
	}},
};

const int	ecp_message_count = lengthof(ecp_messages);
