using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace OrleansRaft.Integration.Tests.Architecture;

/// <summary>What an assembly makes public, as a page: made of the documentation that the compiler writes beside it.</summary>
internal sealed partial class ApiPage
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Lazy<HashSet<string>> Hidden = new(() =>
    [
        .. Directory.EnumerateFiles(AppContext.BaseDirectory, "OrleansRaft.*.dll")
            .Select(static file => Path.GetFileNameWithoutExtension(file))
            .Where(static name => !name.EndsWith("Tests", StringComparison.Ordinal))
            .SelectMany(static name => Assembly.Load(name).GetTypes())
            .Where(static type => !type.IsVisible)
            .Select(static type => type.FullName!.Replace('+', '.')),
    ]);

    private readonly string assembly;
    private readonly Dictionary<string, XElement> documented;
    private readonly StringBuilder page = new();

    private ApiPage(string assembly)
    {
        this.assembly = assembly;
        documented = XDocument.Load(Path.Combine(AppContext.BaseDirectory, $"{assembly}.xml"))
            .Descendants("member")
            .ToDictionary(static member => member.Attribute("name")!.Value);
    }

    /// <summary>The members without a word of documentation, by their ids; overrides and what the compiler makes are left out.</summary>
    public List<string> Undocumented { get; } = [];

    /// <summary>What points to a type that a reader cannot see, as the member and what it names.</summary>
    public List<string> Misleading { get; } = [];

    public string Text => page.ToString();

    public static ApiPage Of(string assembly)
    {
        var made = new ApiPage(assembly);
        made.Write();
        return made;
    }

    private void Write()
    {
        page.Append($"# {assembly}: what is public\n\n")
            .Append("Made from the documentation in the sources. A test compares; `ORAFT_WRITE_API=1` writes this page anew.\n");
        var spaces = Assembly.Load(assembly)
            .GetExportedTypes()
            .Where(static type => !type.Namespace!.StartsWith("OrleansCodeGen", StringComparison.Ordinal) && !IsMade(type))
            .GroupBy(static type => type.Namespace!)
            .OrderBy(static space => space.Key, StringComparer.Ordinal);
        foreach (var space in spaces)
        {
            page.Append($"\n## {space.Key}\n");
            foreach (var type in space.OrderBy(static type => NameOf(type), StringComparer.Ordinal))
            {
                WriteType(type);
            }
        }
    }

    private void WriteType(Type type)
    {
        var id = $"T:{IdOf(type)}";
        page.Append($"\n### {KindOf(type)} `{NameOf(type)}`\n\n{Told(id)}\n");
        var rows = MembersOf(type)
            .Select(member => (Name: NameOf(member), Text: TextOf(type, member)))
            .Where(static row => row.Text is not null)
            .OrderBy(static row => row.Name, StringComparer.Ordinal)
            .Select(static row => $"| `{row.Name}` | {row.Text} |\n")
            .ToList();
        if (rows.Count > 0)
        {
            page.Append("\n| member | |\n|---|---|\n").AppendJoin("", rows);
        }
    }

    /// <summary>What is said of a type or a member; notes that it is nothing.</summary>
    private string Told(string id)
    {
        if (!documented.TryGetValue(id, out var said))
        {
            Undocumented.Add(id);
            return "";
        }

        return NotedIn(said);
    }

    /// <summary>What is said of a member; notes which hidden types it names.</summary>
    private string NotedIn(XElement said)
    {
        Misleading.AddRange(said.Descendants()
            .Select(static one => one.Attribute("cref")?.Value)
            .Where(static named => named is not null && Hidden.Value.Contains(TypeIn(named)))
            .Select(named => $"{said.Attribute("name")!.Value} names {named}"));
        return SaidIn(said);
    }

    /// <summary>The type that is named, or of which a member is.</summary>
    private static string TypeIn(string cref)
    {
        var name = cref[2..].Split('(')[0];
        return cref[0] == 'T' ? name : name[..name.LastIndexOf('.')];
    }

    private string? TextOf(Type type, MemberInfo member)
    {
        var id = IdOf(member);
        if (documented.TryGetValue(id, out var said))
        {
            return said.Element("inheritdoc") is null ? NotedIn(said) : null;
        }

        // A positional record says of its properties what it says of its parameters.
        var parameter = documented.GetValueOrDefault($"T:{IdOf(type)}")?.Elements("param")
            .FirstOrDefault(one => one.Attribute("name")!.Value == member.Name);
        if (parameter is not null)
        {
            return Rendered(parameter);
        }

        if (member is not ConstructorInfo)
        {
            Undocumented.Add(id);
        }

        return null;
    }

    private static string SaidIn(XElement said)
    {
        var text = new StringBuilder(Rendered(said.Element("summary")));
        text.AppendJoin("", said.Elements("remarks").Select(static one => $" {Rendered(one)}"));
        if (said.Attribute("name")!.Value[0] == 'M')
        {
            text.AppendJoin("", said.Elements("param").Select(static one => $" *{one.Attribute("name")!.Value}*: {Rendered(one)}"));
        }

        text.AppendJoin("", said.Elements("returns").Select(static one => $" Returns: {Rendered(one)}"));
        text.AppendJoin("", said.Elements("exception").Select(static one => $" Throws `{ShortOf(one.Attribute("cref")!.Value)}`: {Rendered(one)}"));
        return text.ToString();
    }

    private static string Rendered(XElement? element)
    {
        if (element is null)
        {
            return "";
        }

        var text = string.Concat(element.Nodes().Select(static node => node switch
        {
            XText raw => raw.Value.Replace("<", "&lt;", StringComparison.Ordinal).Replace("|", "\\|", StringComparison.Ordinal),
            XElement { Name.LocalName: "see" or "seealso" } see => $"`{see.Attribute("langword")?.Value ?? ShortOf(see.Attribute("cref")!.Value)}`",
            XElement { Name.LocalName: "paramref" or "typeparamref" } named => $"*{named.Attribute("name")!.Value}*",
            XElement { Name.LocalName: "c" } code => $"`{code.Value.Replace("|", "\\|", StringComparison.Ordinal)}`",
            XElement other => $" {Rendered(other)} ",
            _ => "",
        }));
        return Space().Replace(text, " ").Trim();
    }

    private static IEnumerable<MemberInfo> MembersOf(Type type) => type.IsSubclassOf(typeof(Delegate))
        ? []
        : type.GetMembers(Declared).Where(member => !IsMade(member) && member switch
        {
            FieldInfo field => !field.IsSpecialName && (field.IsPublic || field.IsFamily),
            PropertyInfo property => property.GetAccessors(nonPublic: true).Any(static one => IsSeen(one) && !IsOverride(one)),
            ConstructorInfo constructor => IsSeen(constructor),
            MethodInfo method => IsSeen(method) && !method.IsSpecialName && !IsOverride(method),
            EventInfo happening => IsSeen(happening.AddMethod!),
            _ => false,
        });

    private static bool IsSeen(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsOverride(MethodInfo method) => method.GetBaseDefinition() != method;

    private static bool IsMade(MemberInfo member) =>
        member.IsDefined(typeof(CompilerGeneratedAttribute)) || member.IsDefined(typeof(System.CodeDom.Compiler.GeneratedCodeAttribute));

    private static string KindOf(Type type) => type switch
    {
        { IsEnum: true } => "enum",
        { IsInterface: true } => "interface",
        { IsValueType: true } => "struct",
        _ when type.IsSubclassOf(typeof(Delegate)) => "delegate",
        { IsAbstract: true, IsSealed: true } => "static class",
        _ => "class",
    };

    private static string NameOf(Type type)
    {
        var name = type.Name.Split('`')[0];
        var arguments = type.GetGenericArguments()
            .Skip(type.DeclaringType?.GetGenericArguments().Length ?? 0)
            .Select(static one => one.Name)
            .ToList();
        name = arguments.Count == 0 ? name : $"{name}<{string.Join(", ", arguments)}>";
        return type.DeclaringType is { } outer ? $"{NameOf(outer)}.{name}" : name;
    }

    private static string NameOf(MemberInfo member) => member switch
    {
        ConstructorInfo constructor => $"new({ParametersOf(constructor)})",
        MethodInfo { IsGenericMethodDefinition: true } method =>
            $"{method.Name}<{string.Join(", ", method.GetGenericArguments().Select(static one => one.Name))}>({ParametersOf(method)})",
        MethodInfo method => $"{method.Name}({ParametersOf(method)})",
        _ => member.Name,
    };

    private static string ParametersOf(MethodBase method) => string.Join(", ", method.GetParameters().Select(static one => one.Name));

    /// <summary>The id that the compiler gives a member in its documentation.</summary>
    private static string IdOf(MemberInfo member)
    {
        var owner = IdOf(member.DeclaringType!);
        return member switch
        {
            FieldInfo => $"F:{owner}.{member.Name}",
            EventInfo => $"E:{owner}.{member.Name}",
            PropertyInfo property => $"P:{owner}.{member.Name}{Listed(property.GetIndexParameters())}",
            ConstructorInfo constructor => $"M:{owner}.#ctor{Listed(constructor.GetParameters())}",
            MethodInfo { IsGenericMethodDefinition: true } method =>
                $"M:{owner}.{method.Name}``{method.GetGenericArguments().Length}{Listed(method.GetParameters())}",
            MethodInfo method => $"M:{owner}.{method.Name}{Listed(method.GetParameters())}",
            _ => throw new InvalidOperationException($"{member} has no documentation."),
        };
    }

    private static string Listed(ParameterInfo[] parameters) =>
        parameters.Length == 0 ? "" : $"({string.Join(',', parameters.Select(static one => IdOf(one.ParameterType)))})";

    private static string IdOf(Type type)
    {
        if (type.IsByRef)
        {
            return $"{IdOf(type.GetElementType()!)}@";
        }

        if (type.IsArray)
        {
            return $"{IdOf(type.GetElementType()!)}[]";
        }

        if (type.IsGenericParameter)
        {
            return $"{(type.DeclaringMethod is null ? "`" : "``")}{type.GenericParameterPosition}";
        }

        if (!type.IsConstructedGenericType)
        {
            return type.FullName!.Replace('+', '.');
        }

        var arguments = new Queue<string>(type.GetGenericArguments().Select(IdOf));
        return Arity().Replace(
            type.GetGenericTypeDefinition().FullName!.Replace('+', '.'),
            match => $"{{{string.Join(',', Enumerable.Range(0, int.Parse(match.ValueSpan[1..], null)).Select(_ => arguments.Dequeue()))}}}");
    }

    /// <summary>The last name in an id, without parameters.</summary>
    private static string ShortOf(string id)
    {
        var path = id.Split('(')[0];
        var last = path[(path.LastIndexOf('.') + 1)..];
        var name = Arity().Replace(last.Replace("``", "`", StringComparison.Ordinal), "");
        if (name == "#ctor")
        {
            return ShortOf(path[..^6]);
        }

        return id.StartsWith("T:", StringComparison.Ordinal) && last.Contains('`', StringComparison.Ordinal) ? $"{name}<>" : name;
    }

    [GeneratedRegex("`[0-9]+")]
    private static partial Regex Arity();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
