/*
 * message_notice.c
 *	  What members are told of events, by kind and language.
 *
 * Each kind has a body under its own code and a title under the code with
 * .title behind it; the values are those of notification.args.  The rules of
 * message_catalogue.c hold here too: short, no blame, what can be done next.
 * What a person is told of a basket says nothing of who pays for it, since
 * somebody may look over the shoulder; and what staff are told is the same
 * for paid and free baskets (rule D13).
 */
#include "postgres.h"

#include "common/message_catalogue.h"

#define NBSP "\u00A0"

const EcpMessage ecp_notices[] = {
	/* The own basket */
	{"reservation.held.title", {"Panier réservé", "Basket reserved", "Cesta reservada", "تم حجز السلة"}},
	{"reservation.held", {
		"Votre panier est réservé.[ %{lot}, %{place}.][ Retrait le %{day}, de %{opens} à %{closes}.]",
		"Your basket is reserved.[ %{lot}, %{place}.][ Pickup on %{day}, from %{opens} to %{closes}.]",
		"Su cesta está reservada.[ %{lot}, %{place}.][ Recogida el %{day}, de %{opens} a %{closes}.]",
		"تم حجز سلتك.[ %{lot}، %{place}.][ الاستلام يوم %{day}، من %{opens} إلى %{closes}.]",
	}},
	{"reservation.reminder.title", {"Panier à retirer", "Basket to pick up", "Cesta por recoger", "سلة بانتظار الاستلام"}},
	{"reservation.reminder", {
		"Votre panier vous attend.[ %{lot}, %{place}.][ Retrait le %{day}, de %{opens} à %{closes}.] "
		"Prenez le QR code et le code à six chiffres.",
		"Your basket is waiting for you.[ %{lot}, %{place}.][ Pickup on %{day}, from %{opens} to %{closes}.] "
		"Please bring the QR code and the six-digit code.",
		"Su cesta le espera.[ %{lot}, %{place}.][ Recogida el %{day}, de %{opens} a %{closes}.] "
		"Lleve el código QR y el código de seis cifras.",
		"سلتك في انتظارك.[ %{lot}، %{place}.][ الاستلام يوم %{day}، من %{opens} إلى %{closes}.] "
		"أحضر رمز QR والرمز المكوَّن من ستة أرقام.",
	}},
	{"reservation.collected.title", {"Panier remis", "Basket handed over", "Cesta entregada", "تم تسليم السلة"}},
	{"reservation.collected", {
		"Votre panier vous a été remis.[ %{lot}, %{place}.] Bon appétit" NBSP "!",
		"Your basket was handed over to you.[ %{lot}, %{place}.] Enjoy your meal!",
		"Se le ha entregado su cesta.[ %{lot}, %{place}.] ¡Buen provecho!",
		"تم تسليمك سلتك.[ %{lot}، %{place}.] شهية طيبة!",
	}},
	{"reservation.cancelled.title", {"Panier annulé", "Basket cancelled", "Cesta anulada", "أُلغيت السلة"}},
	{"reservation.cancelled", {
		"Votre panier a dû être annulé, nous en sommes désolés.[ %{lot}, %{place}.][ Motif" NBSP ": %{reason}.] "
		"Regardez les autres paniers près de vous.",
		"Your basket had to be cancelled, we are sorry.[ %{lot}, %{place}.][ Reason: %{reason}.] "
		"Have a look at the others near you.",
		"Lo sentimos, ha habido que anular su cesta.[ %{lot}, %{place}.][ Motivo: %{reason}.] "
		"Mire las demás cestas cerca de usted.",
		"نأسف، كان لا بد من إلغاء سلتك.[ %{lot}، %{place}.][ السبب: %{reason}.] "
		"يمكنك الاطلاع على السلال الأخرى القريبة منك.",
	}},
	{"reservation.recalled.title", {"Panier rappelé", "Basket recalled", "Cesta retirada", "سُحبت السلة من التوزيع"}},
	{"reservation.recalled", {
		"Un panier que vous avez retiré a été rappelé après coup.[ %{lot}, %{place}, le %{day}.][ Motif" NBSP ": %{reason}.] "
		"S'il vous en reste, ne le mangez pas avant d'avoir demandé au magasin.",
		"A basket that you picked up was recalled afterwards.[ %{lot}, %{place}, on %{day}.][ Reason: %{reason}.] "
		"If you still have some of it, ask the shop before you eat it.",
		"Una cesta que usted recogió ha sido retirada después.[ %{lot}, %{place}, el %{day}.][ Motivo: %{reason}.] "
		"Si aún le queda algo, pregunte en la tienda antes de comerlo.",
		"سُحبت لاحقًا سلة استلمتها.[ %{lot}، %{place}، يوم %{day}.][ السبب: %{reason}.] "
		"إن بقي لديك شيء منها فاسأل المتجر قبل أكله.",
	}},
	{"reservation.lapsed.title", {"Panier non retiré", "Basket not picked up", "Cesta no recogida", "سلة لم تُستلم"}},
	{"reservation.lapsed", {
		"L'heure du retrait est passée et le panier n'est plus gardé.[ %{lot}, %{place}.] Regardez les autres paniers près de vous.",
		"The time for pickup has passed and the basket is no longer kept.[ %{lot}, %{place}.] Have a look at the others near you.",
		"La hora de recogida ha pasado y la cesta ya no se guarda.[ %{lot}, %{place}.] Mire las demás cestas cerca de usted.",
		"انتهى وقت الاستلام ولم تعد السلة محفوظة.[ %{lot}، %{place}.] يمكنك الاطلاع على السلال الأخرى القريبة منك.",
	}},
	{"reservation.unconfirmed.title", {"Panier non confirmé", "Basket not confirmed", "Cesta no confirmada", "سلة غير مؤكدة"}},
	{"reservation.unconfirmed", {
		"Votre réservation n'a pas pu être confirmée et le panier n'est pas gardé.[ %{lot}, %{place}.] Vous pouvez réessayer.",
		"Your reservation could not be confirmed and the basket is not kept.[ %{lot}, %{place}.] You can try again.",
		"No se ha podido confirmar su reserva y la cesta no se guarda.[ %{lot}, %{place}.] Puede volver a intentarlo.",
		"تعذر تأكيد حجزك ولم تُحفظ السلة.[ %{lot}، %{place}.] يمكنك المحاولة مرة أخرى.",
	}},

	/* Allotment rounds: what came of the own interest; allotment_result() says it too */
	{"allotment.allotted.title", {"Panier attribué", "Basket allotted", "Cesta asignada", "خُصصت لك سلة"}},
	{"allotment.allotted", {
		"Un panier vous a été attribué.[ %{lot}, %{place}.][ Retrait le %{day}, de %{opens} à %{closes}.]",
		"A basket was allotted to you.[ %{lot}, %{place}.][ Pickup on %{day}, from %{opens} to %{closes}.]",
		"Se le ha asignado una cesta.[ %{lot}, %{place}.][ Recogida el %{day}, de %{opens} a %{closes}.]",
		"خُصصت لك سلة.[ %{lot}، %{place}.][ الاستلام يوم %{day}، من %{opens} إلى %{closes}.]",
	}},
	{"allotment.not_enough_units.title", {"Pas de panier cette fois", "No basket this time", "Esta vez no hay cesta", "لا سلة هذه المرة"}},
	{"allotment.not_enough_units", {
		"Il n'y avait pas assez de paniers pour tout le monde.[ %{lot}, %{place}.] Qui a été moins aidé récemment passe avant" NBSP ": attendre compte pour vous. Regardez les autres paniers près de vous.",
		"There were not enough baskets for everybody.[ %{lot}, %{place}.] Who was helped less of late comes first, so waiting counts for you. Have a look at the others near you.",
		"No había cestas suficientes para todos.[ %{lot}, %{place}.] Quien ha recibido menos ayuda últimamente pasa antes: la espera cuenta a su favor. Mire las demás cestas cerca de usted.",
		"لم تكفِ السلال للجميع.[ %{lot}، %{place}.] الأولوية لمن تلقى مساعدة أقل مؤخرًا، والانتظار يُحسب لصالحك. يمكنك الاطلاع على السلال الأخرى القريبة منك.",
	}},
	{"allotment.quota_reached.title", {"Pas de panier cette fois", "No basket this time", "Esta vez no hay cesta", "لا سلة هذه المرة"}},
	{"allotment.quota_reached", {
		"Vous aviez déjà le nombre de paniers prévu pour la journée.[ %{lot}, %{place}.] Un autre jour, c'est de nouveau possible.",
		"You already had the number of baskets planned for the day.[ %{lot}, %{place}.] Another day it is possible again.",
		"Ya tenía el número de cestas previsto para el día.[ %{lot}, %{place}.] Otro día vuelve a ser posible.",
		"كان لديك عدد السلال المقرر لليوم.[ %{lot}، %{place}.] يصبح ذلك ممكنًا من جديد في يوم آخر.",
	}},
	{"allotment.right_ended.title", {"Pas de panier cette fois", "No basket this time", "Esta vez no hay cesta", "لا سلة هذه المرة"}},
	{"allotment.right_ended", {
		"Votre droit n'était pas ouvert ce jour-là.[ %{lot}, %{place}.] L'association peut vous conseiller.",
		"Your right was not open on that day.[ %{lot}, %{place}.] The association can advise you.",
		"Su derecho no estaba abierto ese día.[ %{lot}, %{place}.] La asociación puede aconsejarle.",
		"لم يكن حقك مفعَّلًا في ذلك اليوم.[ %{lot}، %{place}.] يمكن للجمعية أن ترشدك.",
	}},
	{"allotment.paused.title", {"Pas de panier cette fois", "No basket this time", "Esta vez no hay cesta", "لا سلة هذه المرة"}},
	{"allotment.paused", {
		"Vos paniers étaient en pause ce jour-là.[ %{lot}, %{place}.] Vous pouvez lire pourquoi et jusqu'à quand dans votre espace.",
		"Your baskets were paused on that day.[ %{lot}, %{place}.] You can read why and until when in your account.",
		"Sus cestas estaban en pausa ese día.[ %{lot}, %{place}.] Puede leer por qué y hasta cuándo en su espacio personal.",
		"كانت سلالك متوقفة مؤقتًا في ذلك اليوم.[ %{lot}، %{place}.] يمكنك معرفة السبب والمدة في حسابك.",
	}},
	{"allotment.already_holds.title", {"Vous avez déjà un panier", "You already have a basket", "Ya tiene una cesta", "لديك سلة بالفعل"}},
	{"allotment.already_holds", {
		"Vous aviez déjà un panier de cette annonce.[ %{lot}, %{place}.] Il reste à vous.",
		"You already had a basket of this offer.[ %{lot}, %{place}.] It stays yours.",
		"Ya tenía una cesta de este anuncio.[ %{lot}, %{place}.] Sigue siendo suya.",
		"كانت لديك سلة من هذا العرض.[ %{lot}، %{place}.] وهي باقية لك.",
	}},
	{"allotment.withdrew.title", {"Demande retirée", "Interest withdrawn", "Solicitud retirada", "سُحب الطلب"}},
	{"allotment.withdrew", {
		"Vous aviez retiré votre demande.[ %{lot}, %{place}.]",
		"You had withdrawn your interest.[ %{lot}, %{place}.]",
		"Había retirado su solicitud.[ %{lot}, %{place}.]",
		"كنت قد سحبت طلبك.[ %{lot}، %{place}.]",
	}},
	{"allotment.round_cancelled.title", {"Attribution annulée", "Allotment cancelled", "Asignación anulada", "أُلغي التخصيص"}},
	{"allotment.round_cancelled", {
		"L'attribution des paniers a dû être annulée, nous en sommes désolés.[ %{lot}, %{place}.] Regardez les autres paniers près de vous.",
		"The allotment of the baskets had to be cancelled, we are sorry.[ %{lot}, %{place}.] Have a look at the others near you.",
		"Lo sentimos, ha habido que anular la asignación de las cestas.[ %{lot}, %{place}.] Mire las demás cestas cerca de usted.",
		"نأسف، كان لا بد من إلغاء تخصيص السلال.[ %{lot}، %{place}.] يمكنك الاطلاع على السلال الأخرى القريبة منك.",
	}},

	/* The own right */
	{"right.verified.title", {"Votre droit est ouvert", "Your right is open", "Su derecho está abierto", "حقك مفعَّل"}},
	{"right.verified", {
		"Votre droit est ouvert.[ Il est valable jusqu'au %{until}.]",
		"Your right is open.[ It is valid until %{until}.]",
		"Su derecho está abierto.[ Es válido hasta el %{until}.]",
		"حقك مفعَّل.[ وهو صالح حتى %{until}.]",
	}},
	{"right.refused.title", {"Réponse à votre demande", "Answer to your request", "Respuesta a su solicitud", "الرد على طلبك"}},
	{"right.refused", {
		"Votre demande n'a pas pu être acceptée. La raison est dans votre dossier" NBSP "; l'association peut vous conseiller.",
		"Your request could not be accepted. The reason is in your file; the association can advise you.",
		"No se ha podido aceptar su solicitud. El motivo está en su expediente; la asociación puede aconsejarle.",
		"تعذر قبول طلبك. السبب مدوَّن في ملفك، ويمكن للجمعية أن ترشدك.",
	}},
	{"right.suspended.title", {"Votre droit est en pause", "Your right is paused", "Su derecho está en pausa", "حقك متوقف مؤقتًا"}},
	{"right.suspended", {
		"Votre droit est en pause. La raison est dans votre dossier" NBSP "; l'association peut vous conseiller.",
		"Your right is paused. The reason is in your file; the association can advise you.",
		"Su derecho está en pausa. El motivo está en su expediente; la asociación puede aconsejarle.",
		"حقك متوقف مؤقتًا. السبب مدوَّن في ملفك، ويمكن للجمعية أن ترشدك.",
	}},
	{"right.restricted.title", {"Votre limite par jour", "Your daily limit", "Su límite diario", "حدك اليومي"}},
	{"right.restricted", {
		"Votre limite de paniers par jour a changé.[ Paniers par jour" NBSP ": %{limit}.] Le détail est dans votre dossier.",
		"Your daily limit of baskets has changed.[ Baskets a day: %{limit}.] The details are in your file.",
		"Su límite diario de cestas ha cambiado.[ Cestas al día: %{limit}.] Los detalles están en su expediente.",
		"تغيّر حدك اليومي من السلال.[ السلال في اليوم: %{limit}.] التفاصيل في ملفك.",
	}},
	{"right.expiring.title", {"Votre droit se termine bientôt", "Your right ends soon", "Su derecho termina pronto", "حقك ينتهي قريبًا"}},
	{"right.expiring", {
		"Votre droit se termine bientôt.[ Dernier jour" NBSP ": %{until}.] Pour le prolonger, parlez-en à l'association.",
		"Your right ends soon.[ Last day: %{until}.] To extend it, please talk to the association.",
		"Su derecho termina pronto.[ Último día: %{until}.] Para prolongarlo, hable con la asociación.",
		"حقك ينتهي قريبًا.[ آخر يوم: %{until}.] لتمديده، تحدث مع الجمعية.",
	}},
	{"right.expired.title", {"Votre droit est terminé", "Your right has ended", "Su derecho ha terminado", "انتهى حقك"}},
	{"right.expired", {
		"Votre droit est terminé.[ Dernier jour" NBSP ": %{until}.] Pour le rouvrir, parlez-en à l'association.",
		"Your right has ended.[ Last day: %{until}.] To open it again, please talk to the association.",
		"Su derecho ha terminado.[ Último día: %{until}.] Para abrirlo de nuevo, hable con la asociación.",
		"انتهى حقك.[ آخر يوم: %{until}.] لفتحه من جديد، تحدث مع الجمعية.",
	}},

	/* The own organisation */
	{"organisation.active.title", {"Structure ouverte", "Organisation open", "Organización abierta", "المؤسسة مفعَّلة"}},
	{"organisation.active", {
		"Votre structure est ouverte sur la plateforme.[ %{place}.]",
		"Your organisation is open on the platform.[ %{place}.]",
		"Su organización está abierta en la plataforma.[ %{place}.]",
		"مؤسستك مفعَّلة على المنصة.[ %{place}.]",
	}},
	{"organisation.suspended.title", {"Structure suspendue", "Organisation suspended", "Organización suspendida", "المؤسسة معلَّقة"}},
	{"organisation.suspended", {
		"Votre structure est suspendue et ses paniers à venir sont annulés.[ %{place}.][ Motif" NBSP ": %{reason}.]",
		"Your organisation is suspended and its coming baskets are cancelled.[ %{place}.][ Reason: %{reason}.]",
		"Su organización está suspendida y sus próximas cestas se anulan.[ %{place}.][ Motivo: %{reason}.]",
		"عُلقت مؤسستك وأُلغيت سلالها القادمة.[ %{place}.][ السبب: %{reason}.]",
	}},
	{"organisation.closed.title", {"Structure fermée", "Organisation closed", "Organización cerrada", "المؤسسة مغلقة"}},
	{"organisation.closed", {
		"Votre structure est fermée sur la plateforme.[ %{place}.][ Motif" NBSP ": %{reason}.]",
		"Your organisation is closed on the platform.[ %{place}.][ Reason: %{reason}.]",
		"Su organización está cerrada en la plataforma.[ %{place}.][ Motivo: %{reason}.]",
		"أُغلقت مؤسستك على المنصة.[ %{place}.][ السبب: %{reason}.]",
	}},

	/* Lots */
	{"lot.ending.title", {"Paniers encore à réserver", "Baskets still to reserve", "Cestas aún por reservar", "سلال لم تُحجز بعد"}},
	{"lot.ending", {
		"Le retrait se termine bientôt et des paniers restent.[ %{lot}.][ Fin à %{closes}.][ Paniers restants" NBSP ": %{left}.]",
		"Pickup ends soon and baskets are left.[ %{lot}.][ End at %{closes}.][ Baskets left: %{left}.]",
		"La recogida termina pronto y quedan cestas.[ %{lot}.][ Fin a las %{closes}.][ Cestas restantes: %{left}.]",
		"ينتهي الاستلام قريبًا وما زالت هناك سلال.[ %{lot}.][ النهاية %{closes}.][ السلال المتبقية: %{left}.]",
	}},
	{"template.failed.title", {"Panier prévu, non proposé", "Planned basket not offered", "Cesta prevista, no ofrecida", "سلة مقررة لم تُعرض"}},
	{"template.failed", {
		"Un panier de vos modèles n'a pas pu être publié.[ %{lot}.][ Jour" NBSP ": %{day}.] Ouvrez le modèle pour voir pourquoi.",
		"A basket of your templates could not be published.[ %{lot}.][ Day: %{day}.] Open the template to see why.",
		"No se pudo publicar una cesta de sus plantillas.[ %{lot}.][ Día: %{day}.] Abra la plantilla para ver por qué.",
		"تعذّر نشر سلة من قوالبك.[ %{lot}.][ اليوم: %{day}.] افتح القالب لمعرفة السبب.",
	}},
	{"lot.nearby.title", {"Panier près de vous", "Basket near you", "Cesta cerca de usted", "سلة قريبة منك"}},
	{"lot.nearby", {
		"Un nouveau panier est proposé près de vous.[ %{lot}, %{place}.][ Retrait le %{day}, de %{opens} à %{closes}.]",
		"A new basket is offered near you.[ %{lot}, %{place}.][ Pickup on %{day}, from %{opens} to %{closes}.]",
		"Se ofrece una nueva cesta cerca de usted.[ %{lot}, %{place}.][ Recogida el %{day}, de %{opens} a %{closes}.]",
		"تُعرض سلة جديدة بالقرب منك.[ %{lot}، %{place}.][ الاستلام يوم %{day}، من %{opens} إلى %{closes}.]",
	}},
	{"lot.favourite.title", {"Nouveau panier d'un favori", "New basket of a favourite", "Nueva cesta de un favorito", "سلة جديدة من متجر مفضل"}},
	{"lot.favourite", {
		"Un commerce que vous suivez propose un nouveau panier.[ %{lot}, %{place}.][ Retrait le %{day}, de %{opens} à %{closes}.]",
		"A shop that you follow offers a new basket.[ %{lot}, %{place}.][ Pickup on %{day}, from %{opens} to %{closes}.]",
		"Un comercio que usted sigue ofrece una nueva cesta.[ %{lot}, %{place}.][ Recogida el %{day}, de %{opens} a %{closes}.]",
		"متجر تتابعه يعرض سلة جديدة.[ %{lot}، %{place}.][ الاستلام يوم %{day}، من %{opens} إلى %{closes}.]",
	}},
};

const int	ecp_notice_count = lengthof(ecp_notices);
