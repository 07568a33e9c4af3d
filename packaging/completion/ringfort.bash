# bash completion for ringfort(1)
_ringfort() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  local command=${COMP_WORDS[1]} words=
  case $before in
    --config) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --to)
      if [ "$command" = recordings ]; then
        mapfile -t COMPREPLY < <(compgen -d -- "$word")
        return
      fi ;;
    --role) words="owner admin staff" ;;
    --format) words="opus ogg wav mp3 aac" ;;
  esac
  if [ -z "$words" ]; then
    if [ "$COMP_CWORD" = 1 ]; then
      words="serve check seal user setup-link calls recordings evidence hold retention backup restore keys storage route selftest version help"
    else
      case $command:$COMP_CWORD in
        route:*) words="--config --json --from --to --at --trunk" ;;
        user:2) words="add list passwd" ;;
        calls:2) words="list show export" ;;
        recordings:2) words="verify export delete recover" ;;
        evidence:2) words="head export verify" ;;
        hold:2) words="set lift list" ;;
        retention:2) words="preview run restamp" ;;
        keys:2) words="rotate recovery show credential" ;;
        backup:2 | restore:2) mapfile -t COMPREPLY < <(compgen -d -- "$word"); return ;;
        *)
          words="--config --json"
          case $command:${COMP_WORDS[2]} in
            user:add) words+=" --role --password-stdin" ;;
            backup:*) words+=" --keys" ;;
            restore:*) words+=" --check --recovery-key-stdin --replace --keys --data-dir" ;;
            keys:rotate) words+=" --master" ;;
            recordings:delete) words+=" --call --reason" ;;
            evidence:export) words+=" --after" ;;
            evidence:verify) words+=" --public-key" ;;
            hold:set) words+=" --call --reason --until" ;;
            hold:lift) words+=" --call --reason" ;;
            retention:preview) words+=" --until" ;;
            retention:restamp) words+=" --until --yes" ;;
            keys:recovery) words+=" --replace" ;;
            user:passwd) words+=" --password-stdin" ;;
            calls:list) words+=" --limit --since" ;;
            recordings:export) words+=" --call --since --all --format --to --channels --numbers --vcon --zip" ;;
            *) ;;
          esac ;;
      esac
    fi
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _ringfort ringfort
