import java.io.FileInputStream;
import java.util.TreeSet;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** Whether each file keeps to PDF/A-2a and PDF/UA-1, by veraPDF. */
public class Check {
    public static void main(String[] files) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        int broken = 0;
        for (String file : files) {
            for (PDFAFlavour flavour : new PDFAFlavour[] {PDFAFlavour.PDFA_2_A, PDFAFlavour.PDFUA_1}) {
                try (PDFAParser parser = Foundries.defaultInstance().createParser(new FileInputStream(file), flavour)) {
                    ValidationResult result = Foundries.defaultInstance().createValidator(flavour, false).validate(parser);
                    if (result.isCompliant()) continue;
                    broken++;
                    TreeSet<String> said = new TreeSet<>();
                    for (TestAssertion one : result.getTestAssertions()) said.add(one.getRuleId().getClause() + " " + one.getMessage());
                    System.out.println(file + " is not " + flavour + ": " + said);
                }
            }
        }
        System.out.println("veraPDF: " + files.length + " files, " + broken + " not as they should be");
        System.exit(broken == 0 && files.length > 0 ? 0 : 1);
    }
}
