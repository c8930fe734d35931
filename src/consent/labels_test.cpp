#include "consent/labels.hpp"

#include <gtest/gtest.h>

namespace gannet::consent {
namespace {

struct Case {
  std::string_view text;
  Label label;
};

class Labels : public testing::TestWithParam<Case> {};

TEST_P(Labels, are_read_as_a_person_reads_them) {
  EXPECT_EQ(to_string(classify(GetParam().text)), to_string(GetParam().label)) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    english, Labels,
    testing::Values(Case{"Accept all", Label::accept}, Case{"  ACCEPT\n  ALL  cookies ", Label::accept},
                    Case{"Yes, I agree", Label::accept}, Case{"Allow all", Label::accept}, Case{"Accept & close", Label::accept},
                    Case{"Consent", Label::accept}, Case{"Accept recommended settings", Label::accept},
                    Case{"Accept optional cookies", Label::accept}, Case{"Accept non-essential cookies", Label::accept},
                    Case{"That's ok", Label::acknowledge}, Case{"Got it!", Label::acknowledge}, Case{"OK", Label::acknowledge},
                    Case{"I understand", Label::acknowledge}, Case{"Continue", Label::acknowledge}, Case{"Reject", Label::reject},
                    Case{"Reject all", Label::reject}, Case{"Decline", Label::reject}, Case{"Deny", Label::reject},
                    Case{"I do not agree", Label::reject}, Case{"I decline", Label::reject}, Case{"Don’t accept", Label::reject},
                    Case{"Do not consent", Label::reject}, Case{"Continue without accepting", Label::reject},
                    Case{"Accept only necessary", Label::reject}, Case{"Accept necessary cookies", Label::reject},
                    Case{"Only essential cookies", Label::reject}, Case{"Necessary only", Label::reject},
                    Case{"Use necessary cookies only", Label::reject}, Case{"Allow essential only", Label::reject},
                    Case{"Reject optional cookies", Label::reject}, Case{"Continue with required cookies", Label::reject},
                    Case{"No, thanks", Label::reject}, Case{"Do not sell or share my personal information", Label::reject},
                    Case{"Save necessary only", Label::reject}, Case{"Manage preferences", Label::settings},
                    Case{"Cookie settings", Label::settings}, Case{"Customise", Label::settings},
                    Case{"Manage consent", Label::settings}, Case{"Manage or reject cookies", Label::settings},
                    Case{"More options", Label::settings}, Case{"Show details", Label::settings},
                    Case{"Consent preferences", Label::settings}, Case{"Save settings", Label::save},
                    Case{"Confirm my choices", Label::save}, Case{"Allow selection", Label::save},
                    Case{"Save & exit", Label::save}, Case{"Accept selected", Label::save}, Case{"Confirm all", Label::accept},
                    Case{"×", Label::dismiss}, Case{"X", Label::dismiss}, Case{"Close", Label::dismiss},
                    Case{"Not now", Label::dismiss}, Case{"Privacy policy", Label::other}, Case{"Necessary", Label::other},
                    Case{"Strictly necessary", Label::other}, Case{"Strictly necessary only", Label::reject},
                    Case{"Learn more", Label::other}, Case{"", Label::other}, Case{"Marketing", Label::other},
                    Case{"Subscribe", Label::other}));

INSTANTIATE_TEST_SUITE_P(pay_or_okay, Labels,
                         testing::Values(Case{"Reject and subscribe", Label::other}, Case{"Reject and pay", Label::other},
                                         Case{"Mit PUR-Abo ablehnen", Label::other}, Case{"Jetzt abonnieren", Label::other},
                                         Case{"Akzeptieren und kostenlos weiterlesen", Label::accept},
                                         Case{"Refuser et s’abonner", Label::other}, Case{"Rifiuta e abbonati", Label::other},
                                         Case{"Rechazar y suscribirse", Label::other},
                                         Case{"Weigeren en abonneren", Label::other},
                                         Case{"Odmítnout s předplatným", Label::other}, Case{"Recusar e assinar", Label::other},
                                         Case{"Afvis og abonner", Label::other}));

INSTANTIATE_TEST_SUITE_P(second_reading, Labels,
                         testing::Values(Case{"Nee, liever niet", Label::reject},
                                         Case{"Alle Cookies nicht zulassen", Label::reject}, Case{"Fravælg alle", Label::reject},
                                         Case{"Zakázat vše", Label::reject}, Case{"Zakázať všetko", Label::reject},
                                         Case{"Να μην επιτρέπονται", Label::reject}, Case{"Μη αποδοχή", Label::reject},
                                         Case{"Επιτρέπω όλα", Label::accept}, Case{"Não autorizo", Label::reject},
                                         Case{"Alle gestatten", Label::accept}, Case{"Tillåt ej", Label::reject},
                                         Case{"Tout interdire", Label::reject}));

INSTANTIATE_TEST_SUITE_P(german, Labels,
                         testing::Values(Case{"Alle akzeptieren", Label::accept}, Case{"Zustimmen und weiter", Label::accept},
                                         Case{"Einverstanden", Label::accept}, Case{"Ich stimme allen zu", Label::accept},
                                         Case{"Ablehnen", Label::reject}, Case{"Nur notwendige", Label::reject},
                                         Case{"Nur essenzielle Cookies akzeptieren", Label::reject},
                                         Case{"Weiter ohne Einwilligung", Label::reject},
                                         Case{"Ich lehne alle ab", Label::reject}, Case{"Notwendige zulassen", Label::reject},
                                         Case{"Einstellungen oder ablehnen", Label::settings},
                                         Case{"Individuelle Datenschutzeinstellungen", Label::settings},
                                         Case{"Einstellungen", Label::settings}, Case{"Auswahl erlauben", Label::save},
                                         Case{"Auswahl speichern", Label::save}, Case{"Einstellungen speichern", Label::save},
                                         Case{"Verstanden", Label::acknowledge}, Case{"Schließen", Label::dismiss}));

INSTANTIATE_TEST_SUITE_P(
    french_spanish_italian_portuguese_romanian, Labels,
    testing::Values(
        Case{"Tout accepter", Label::accept}, Case{"J’accepte", Label::accept}, Case{"Accepter et fermer", Label::accept},
        Case{"Tout refuser", Label::reject}, Case{"Continuer sans accepter →", Label::reject},
        Case{"Accepter uniquement les cookies nécessaires", Label::reject}, Case{"Je n'accepte pas", Label::reject},
        Case{"Paramétrer", Label::settings}, Case{"Personnaliser mes choix", Label::settings},
        Case{"Enregistrer mes choix", Label::save}, Case{"J'ai compris", Label::acknowledge}, Case{"Fermer", Label::dismiss},
        Case{"Aceptar todo", Label::accept}, Case{"Aceptar estas cookies", Label::accept}, Case{"Rechazar", Label::reject},
        Case{"No acepto", Label::reject}, Case{"Solo necesarias", Label::reject}, Case{"Configurar", Label::settings},
        Case{"Guardar preferencias", Label::save}, Case{"Entendido", Label::acknowledge}, Case{"Accetta tutti", Label::accept},
        Case{"Rifiuta tutto", Label::reject}, Case{"Continua senza accettare", Label::reject},
        Case{"Personalizza", Label::settings}, Case{"Salva preferenze", Label::save}, Case{"Ho capito", Label::acknowledge},
        Case{"Aceitar todos", Label::accept}, Case{"Rejeitar tudo", Label::reject}, Case{"Não aceito", Label::reject},
        Case{"Definições", Label::settings}, Case{"Acceptă toate", Label::accept}, Case{"Respinge tot", Label::reject},
        Case{"Doar necesare", Label::reject}, Case{"Setări", Label::settings}));

INSTANTIATE_TEST_SUITE_P(dutch_and_nordic, Labels,
                         testing::Values(Case{"Alles accepteren", Label::accept}, Case{"Akkoord", Label::accept},
                                         Case{"Weigeren", Label::reject}, Case{"Alleen functionele cookies", Label::reject},
                                         Case{"Instellen", Label::settings}, Case{"Voorkeuren opslaan", Label::save},
                                         Case{"Begrepen", Label::acknowledge}, Case{"Godkänn alla", Label::accept},
                                         Case{"Avvisa alla", Label::reject}, Case{"Endast nödvändiga", Label::reject},
                                         Case{"Inställningar", Label::settings}, Case{"Tillad alle", Label::accept},
                                         Case{"Afvis alle", Label::reject}, Case{"Kun nødvendige", Label::reject},
                                         Case{"Gem indstillinger", Label::save}, Case{"Godta alle", Label::accept},
                                         Case{"Avslå", Label::reject}, Case{"Bare nødvendige", Label::reject},
                                         Case{"Innstillinger", Label::settings}, Case{"Hyväksy kaikki", Label::accept},
                                         Case{"Hylkää kaikki", Label::reject}, Case{"Vain välttämättömät", Label::reject},
                                         Case{"Asetukset", Label::settings}));

INSTANTIATE_TEST_SUITE_P(
    central_and_eastern, Labels,
    testing::Values(Case{"Zaakceptuj wszystkie", Label::accept}, Case{"Zgadzam się", Label::accept},
                    Case{"Odrzuć wszystkie", Label::reject}, Case{"Nie zgadzam się", Label::reject},
                    Case{"Tylko niezbędne", Label::reject}, Case{"Ustawienia", Label::settings},
                    Case{"Zapisz ustawienia", Label::save}, Case{"Přijmout vše", Label::accept}, Case{"Odmítnout", Label::reject},
                    Case{"Pouze nezbytné", Label::reject}, Case{"Nastavení souhlasu", Label::settings},
                    Case{"Prijať všetky", Label::accept}, Case{"Odmietnuť", Label::reject}, Case{"Nastavenia", Label::settings},
                    Case{"Összes elfogadása", Label::accept}, Case{"Elutasítás", Label::reject},
                    Case{"Csak a szükséges sütik", Label::reject}, Case{"Beállítások", Label::settings},
                    Case{"Prihvati sve", Label::accept}, Case{"Odbij sve", Label::reject}, Case{"Postavke", Label::settings},
                    Case{"Sprejmi vse", Label::accept}, Case{"Sprejmi nekatere", Label::accept}, Case{"Zavrni", Label::reject},
                    Case{"Samo nujni piškotki", Label::reject}, Case{"Nõustun kõigiga", Label::accept},
                    Case{"Keeldun", Label::reject}, Case{"Piekrītu", Label::accept}, Case{"Noraidīt visas", Label::reject},
                    Case{"Sutinku", Label::accept}, Case{"Nesutinku", Label::reject}, Case{"Tik būtini", Label::reject}));

INSTANTIATE_TEST_SUITE_P(greek_and_cyrillic, Labels,
                         testing::Values(Case{"ΑΠΟΔΟΧΉ ΌΛΩΝ", Label::accept}, Case{"Αποδοχή όλων", Label::accept},
                                         Case{"Απόρριψη όλων", Label::reject}, Case{"Μόνο τα απαραίτητα", Label::reject},
                                         Case{"Ρυθμίσεις", Label::settings}, Case{"Приемам всички", Label::accept},
                                         Case{"Не приемам", Label::reject}, Case{"Само необходимите", Label::reject},
                                         Case{"Настройки", Label::settings}, Case{"Прийняти всі", Label::accept},
                                         Case{"Відхилити", Label::reject}, Case{"Лише необхідні", Label::reject},
                                         Case{"Налаштування", Label::settings}, Case{"Принять все", Label::accept},
                                         Case{"Отклонить", Label::reject}, Case{"Не согласен", Label::reject},
                                         Case{"Только необходимые", Label::reject}, Case{"Настроить", Label::settings},
                                         Case{"Понятно", Label::acknowledge}, Case{"Закрыть", Label::dismiss}));

TEST(Fold, removes_case_marks_and_punctuation) {
  EXPECT_EQ(fold("  J’accepte… TOUT "), "j accepte tout");
  EXPECT_EQ(fold("Schließen Æble Œuvre"), "schliessen aeble oeuvre");
  EXPECT_EQ(fold("Z\u0301go\u00ADda\u200B"), "zgoda");
  EXPECT_EQ(fold("Ёж Й Ї"), "еж и і");
}

TEST(Fold, survives_bytes_that_are_not_utf8) {
  EXPECT_EQ(fold("a\xFFz\xC3"), "a z");
  EXPECT_EQ(fold("\xE2\x82"), "");
  EXPECT_EQ(fold("\xF0\x9F\x8D\xAA ok"), "ok");
}

TEST(Classify, takes_a_sentence_for_no_button) {
  EXPECT_EQ(classify("We and our partners store cookies and you may accept or reject them at any time in the settings"),
            Label::other);
  EXPECT_EQ(classify(std::string(5000, 'a')), Label::other);
}

TEST(SaysAll, tells_everything_from_something) {
  EXPECT_TRUE(says_all("Tout accepter"));
  EXPECT_FALSE(says_all("Accepter"));
}

TEST(CountSubjectWords, recognises_what_a_banner_talks_about) {
  EXPECT_GE(count_subject_words("We use cookies. See our privacy policy."), 2U);
  EXPECT_GE(count_subject_words("Używamy plików cookie"), 2U);
  EXPECT_EQ(count_subject_words("Get 10 % off your first order! Subscribe."), 0U);
}

}  // namespace
}  // namespace gannet::consent
