// What vtzero reads in tiles, in the form of `decoders.mjs`: reads paths of files from its input, one a line; writes one
// line of JSON for each, layers with their features as [id, type, properties, rings], and faults. vtzero throws where a
// tile is not what the specification says; that is a fault, and so is a ring that winds wrongly.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>
#include <vtzero/vector_tile.hpp>

namespace {

std::string quoted(const vtzero::data_view text) {
    std::string out = "\"";
    for (const char one : std::string{text.data(), text.size()}) {
        if (one == '"' || one == '\\') {
            out += '\\';
            out += one;
        } else if (static_cast<unsigned char>(one) < 0x20) {
            char code[8];
            std::snprintf(code, sizeof code, "\\u%04x", one);
            out += code;
        } else {
            out += one;
        }
    }
    return out + '"';
}

std::string real(const double number) {
    char text[40];
    std::snprintf(text, sizeof text, "%.17g", number);
    return text;
}

struct Said {
    std::string operator()(const vtzero::data_view text) const { return quoted(text); }
    std::string operator()(const float number) const { return real(static_cast<double>(number)); }
    std::string operator()(const double number) const { return real(number); }
    std::string operator()(const int64_t number) const { return std::to_string(number); }
    std::string operator()(const uint64_t number) const { return std::to_string(number); }
    std::string operator()(const bool yes) const { return yes ? "true" : "false"; }
};

void add(std::string& list, const std::string& one) {
    if (!list.empty()) list += ',';
    list += one;
}

/// Gathers the rings of a feature; of points each is one.
struct Rings {
    std::string all, ring;
    std::vector<std::string> faults;
    bool first = true;

    static std::string place(const vtzero::point at) { return '[' + std::to_string(at.x) + ',' + std::to_string(at.y) + ']'; }
    void end() {
        add(all, '[' + ring + ']');
        ring.clear();
    }
    void points_begin(uint32_t) {}
    void points_point(const vtzero::point at) { add(all, '[' + place(at) + ']'); }
    void points_end() {}
    void linestring_begin(uint32_t) {}
    void linestring_point(const vtzero::point at) { add(ring, place(at)); }
    void linestring_end() { end(); }
    void ring_begin(uint32_t) {}
    void ring_point(const vtzero::point at) { add(ring, place(at)); }
    void ring_end(const vtzero::ring_type type) {
        if (type == vtzero::ring_type::invalid) faults.emplace_back("ring without area");
        if (first && type != vtzero::ring_type::outer) faults.emplace_back("first ring is not an outer one");
        first = false;
        end();
    }
};

std::string read(const std::string& bytes) {
    std::string layers, faults;
    try {
        vtzero::vector_tile tile{bytes};
        while (auto layer = tile.next_layer()) {
            const auto name = quoted(layer.name());
            std::string features;
            if (layer.version() != 2 || layer.extent() != 4096) add(faults, quoted("version or extent"));
            if (layer.empty()) add(faults, quoted("a layer without features"));
            while (auto feature = layer.next_feature()) {
                std::string properties;
                while (auto property = feature.next_property()) {
                    add(properties, quoted(property.key()) + ':' + vtzero::apply_visitor(Said{}, property.value()));
                }
                Rings rings;
                vtzero::decode_geometry(feature.geometry(), rings);
                for (const auto& fault : rings.faults) add(faults, quoted(fault));
                const auto id = feature.has_id() ? std::to_string(feature.id()) : "null";
                const auto type = std::to_string(static_cast<int>(feature.geometry_type()));
                add(features, '[' + id + ',' + type + ",{" + properties + "},[" + rings.all + "]]");
            }
            add(layers, name + ":[" + features + ']');
        }
    } catch (const std::exception& error) {
        add(faults, quoted(std::string{error.what()}));
    }
    return "{\"layers\":{" + layers + "},\"faults\":[" + faults + "]}";
}

} // namespace

int main() {
    std::string path;
    while (std::getline(std::cin, path)) {
        std::ifstream file{path, std::ios::binary};
        const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
        std::cout << read(bytes) << std::endl;
    }
}
