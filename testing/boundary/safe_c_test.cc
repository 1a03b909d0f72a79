// SPDX-License-Identifier: Apache-2.0
// Each file of attacks/ is refused, with the message that it expects where it expects it; each of
// accepted/ is taken without a word. The arguments are the compiler's outcomes (defs.bzl).
//
//     ...  // expect: text             an error of this line contains the text
//     // expect-anywhere: text         some error does (of files that change the lines' numbers)
#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <string>
#include <vector>

namespace
{

std::vector<std::string> lines_of(const std::string &path)
{
    std::ifstream in(path);
    EXPECT_TRUE(in) << path;
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

// "dir/x.c:12:3: error: text" of line 12; of any line if that is 0.
bool has_error(const std::vector<std::string> &said, const std::string &file, size_t line,
               const std::string &text)
{
    std::string place = line == 0 ? "" : file + ":" + std::to_string(line) + ":";
    for (const std::string &s : said) {
        if (s.compare(0, place.size(), place) == 0 && s.find("error: ") != std::string::npos &&
            s.find(text) != std::string::npos)
            return true;
    }
    return false;
}

std::string all(const std::vector<std::string> &lines)
{
    std::ostringstream out;
    for (const std::string &l : lines)
        out << l << "\n";
    return out.str();
}

class Outcome : public testing::Test
{
public:
    explicit Outcome(std::string path) : path_(std::move(path)) {}

    void TestBody() override
    {
        source_ = path_.substr(0, path_.rfind('.')) + ".c";
        said_ = lines_of(path_);
        ASSERT_FALSE(said_.empty());
        if (path_.find("/accepted/") != std::string::npos)
            EXPECT_EQ(all(said_), "0\n") << source_;
        else
            refused();
    }

private:
    void refused()
    {
        EXPECT_NE(said_[0], "0") << source_ << " compiles";
        std::vector<std::string> source = lines_of(source_);
        size_t expected = 0;
        for (size_t i = 0; i < source.size(); i++) {
            expected += expect(source[i], "// expect: ", i + 1);
            expected += expect(source[i], "// expect-anywhere: ", 0);
        }
        EXPECT_GT(expected, 0u) << source_ << " expects nothing";
    }

    size_t expect(const std::string &line, const std::string &mark, size_t at)
    {
        size_t start = line.find(mark);
        if (start == std::string::npos)
            return 0;
        std::string text = line.substr(start + mark.size());
        EXPECT_TRUE(has_error(said_, source_, at, text))
            << source_ << ":" << at << ": no error says \"" << text << "\" but:\n"
            << all(said_);
        return 1;
    }

    std::string path_, source_;
    std::vector<std::string> said_;
};

} // namespace

int main(int argc, char **argv)
{
    testing::InitGoogleTest(&argc, argv);
    int attacks = 0, accepted = 0;
    for (int i = 1; i < argc; i++) {
        std::string path = argv[i];
        bool attack = path.find("/attacks/") != std::string::npos;
        (attack ? attacks : accepted)++;
        std::string name = path.substr(path.rfind('/') + 1);
        name = name.substr(0, name.rfind('.'));
        testing::RegisterTest(attack ? "attack" : "accepted", name.c_str(), nullptr, nullptr,
                              __FILE__, __LINE__,
                              [path]() -> testing::Test * { return new Outcome(path); });
    }
    if (attacks < 60 || accepted < 1) {
        fprintf(stderr, "%d attacks and %d accepted files are too few\n", attacks, accepted);
        return EXIT_FAILURE;
    }
    return RUN_ALL_TESTS();
}
